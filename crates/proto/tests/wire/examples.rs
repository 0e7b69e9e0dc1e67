//! One example at least of everything that the wire can say: the least that it can hold, and the most.
//! Each function is one `match` over all there is, so that what is new does not compile until it has its example.

use snug_proto::{Event, RequestKind};

/// The lines that make this request.
#[expect(clippy::too_many_lines, reason = "one match over all there is")]
pub(super) const fn requests(kind: RequestKind) -> &'static [&'static str] {
    match kind {
        RequestKind::Hello => &[r#"{"id":1,"do":"hello","client":"snug 0.1","wire":1}"#],
        RequestKind::Ping => &[r#"{"id":2,"do":"ping"}"#],
        RequestKind::Register => &[
            r#"{"id":3,"do":"register","name":"bob","password":"correct horse"}"#,
            r#"{"id":4,"do":"register","name":"bob","password":"correct horse","code":"maple-orbit-194-cedar"}"#,
        ],
        RequestKind::RegisterStart => &[
            r#"{"id":5,"do":"register_start","name":"bob","opaque":"AAEC_w"}"#,
            r#"{"id":6,"do":"register_start","name":"bob","code":"maple-orbit-194-cedar","opaque":"AAEC_w"}"#,
        ],
        RequestKind::RegisterFinish => &[
            r#"{"id":7,"do":"register_finish","opaque":"AAEC_w","argon2":{"memory_kib":65536,"passes":3,"lanes":4}}"#,
        ],
        RequestKind::SignIn => &[
            r#"{"id":8,"do":"sign_in","name":"bob","password":"correct horse"}"#,
            r#"{"id":213,"do":"sign_in","name":"bob","password":"correct horse","device":"kbqxg4","code":"kbqxg4-3fmnz-gk5ba-mnxwi-zlt2e"}"#,
        ],
        RequestKind::SignInStart => &[
            r#"{"id":9,"do":"sign_in_start","name":"bob","opaque":"AAEC_w"}"#,
            r#"{"id":214,"do":"sign_in_start","name":"bob","opaque":"AAEC_w","device":"kbqxg4","code":"kbqxg4-3fmnz-gk5ba-mnxwi-zlt2e"}"#,
        ],
        RequestKind::SignInFinish => &[r#"{"id":10,"do":"sign_in_finish","opaque":"AAEC_w"}"#],
        RequestKind::Resume => {
            &[r#"{"id":11,"do":"resume","session":"kbqxg43fmnzgk5bamnxwizlt2e"}"#]
        }
        RequestKind::ComeAsGuest => &[
            r#"{"id":170,"do":"guest","name":"gus","display":"Gus G."}"#,
            r#"{"id":215,"do":"guest","name":"bob"}"#,
            r#"{"id":216,"do":"guest","name":"bob","code":"maple-orbit-194-cedar"}"#,
        ],
        RequestKind::Quit => &[
            r#"{"id":12,"do":"quit"}"#,
            r#"{"id":13,"do":"quit","forget":true}"#,
            r#"{"id":14,"do":"quit","reason":"bedtime"}"#,
        ],
        RequestKind::Follow => &[
            r#"{"id":14,"do":"follow","cursors":{}}"#,
            r#"{"id":15,"do":"follow","cursors":{"r:aibaeaqcaibaeaqcaibaeaqcai":{"log":"l:ambqgaydambqgaydambqgaydam","seq":41}}}"#,
        ],
        RequestKind::Send => &[
            r#"{"id":16,"do":"send","room":"lobby","body":"hi"}"#,
            r#"{"id":17,"do":"send","to":"ann","body":"hi","key":"5f1c09d2"}"#,
            r#"{"id":18,"do":"send","room":"r:aibaeaqcaibaeaqcaibaeaqcai","body":"two\nlines \"quoted\" — 💬"}"#,
            r#"{"id":19,"do":"send","room":"@a:aeaqcaibaeaqcaibaeaqcaibae","body":"hi"}"#,
            r#"{"id":80,"do":"send","room":"lobby","body":"@ann yes","reply_to":42}"#,
            r#"{"id":136,"do":"send","room":"lobby","body":"hi there","manner":{"notice":true,"joints":[3],"tags":{"+a":"b"}}}"#,
        ],
        RequestKind::Edit => &[
            r#"{"id":20,"do":"edit","room":"lobby","seq":42,"body":"ho"}"#,
            r#"{"id":21,"do":"edit","room":"@ann","seq":42,"body":"ho","key":"5f1c09d2"}"#,
        ],
        RequestKind::Delete => &[
            r#"{"id":22,"do":"delete","room":"lobby","seq":42}"#,
            r#"{"id":23,"do":"delete","room":"lobby","seq":42,"key":"5f1c09d2"}"#,
            r#"{"id":137,"do":"delete","room":"lobby","seq":42,"reason":"spam"}"#,
        ],
        RequestKind::React => &[
            r#"{"id":81,"do":"react","room":"lobby","seq":42,"emoji":"👍"}"#,
            r#"{"id":82,"do":"react","room":"@ann","seq":42,"emoji":":+1:","remove":true,"key":"5f1c09d2"}"#,
        ],
        RequestKind::Typing => &[
            r#"{"id":83,"do":"typing","room":"lobby"}"#,
            r#"{"id":84,"do":"typing","to":"ann"}"#,
        ],
        RequestKind::Tag => &[
            r#"{"id":130,"do":"tag","room":"lobby","tags":{"+example.org/mood":"merry"},"key":"5f1c09d2"}"#,
            r#"{"id":131,"do":"tag","to":"ann","tags":{"+a":""}}"#,
        ],
        RequestKind::Signal => &[
            r#"{"id":132,"do":"signal","room":"lobby","words":"the door is open","admins":true}"#,
            r#"{"id":134,"do":"signal","room":"lobby","words":"the door is open","admins":true,"voices":true}"#,
            r#"{"id":135,"do":"signal","room":"lobby","words":"the door is open","admins":true,"founder":true}"#,
            r#"{"id":133,"do":"signal","to":"ann","words":"VERSION","machine":true,"notice":true,"tags":{"+typing":"done"}}"#,
        ],
        RequestKind::ReadUntil => &[
            r#"{"id":134,"do":"read_until","room":"lobby"}"#,
            r#"{"id":135,"do":"read_until","room":"@ann","until":"2026-11-20T19:41:07.118Z"}"#,
        ],
        RequestKind::Read => &[
            r#"{"id":24,"do":"read","room":"lobby"}"#,
            r#"{"id":25,"do":"read","room":"lobby","after":12,"limit":100,"log":"l:ambqgaydambqgaydambqgaydam"}"#,
            r#"{"id":26,"do":"read","room":"lobby","before":40}"#,
            r#"{"id":27,"do":"read","room":"lobby","since":"2026-11-20T19:41:07.118Z"}"#,
        ],
        RequestKind::Search => &[
            r#"{"id":51,"do":"search","query":"mat"}"#,
            r#"{"id":52,"do":"search","query":"\"blue mat\" deplo*","room":"den","from":"ann","after":"2026-11-01T00:00:00.000Z","before":"2026-12-01T00:00:00.000Z","limit":50,"cursor":"1795117267118.42.r:aibaeaqcaibaeaqcaibaeaqcai"}"#,
        ],
        RequestKind::Mark => &[r#"{"id":28,"do":"mark","room":"lobby","seq":42}"#],
        RequestKind::CreateRoom => &[
            r#"{"id":29,"do":"create_room","room":"den"}"#,
            r#"{"id":30,"do":"create_room","room":"den","password":"sesame","history":"since_joining","key":"5f1c09d2"}"#,
            r#"{"id":31,"do":"create_room","room":"den","history":"all"}"#,
            r#"{"id":72,"do":"create_room","room":"den","access":"invitation","hidden":true}"#,
        ],
        RequestKind::Join => &[
            r#"{"id":32,"do":"join","room":"den"}"#,
            r#"{"id":33,"do":"join","room":"den","password":"sesame"}"#,
        ],
        RequestKind::Leave => &[r#"{"id":34,"do":"leave","room":"den"}"#],
        RequestKind::Rooms => &[
            r#"{"id":35,"do":"rooms"}"#,
            r#"{"id":36,"do":"rooms","mine":true,"after":"r:aibaeaqcaibaeaqcaibaeaqcai"}"#,
        ],
        RequestKind::Who => &[
            r#"{"id":37,"do":"who"}"#,
            r#"{"id":38,"do":"who","room":"lobby","after":"ann"}"#,
            r#"{"id":39,"do":"who","people":["ann","bob"]}"#,
        ],
        RequestKind::Befriend => &[r#"{"id":60,"do":"befriend","person":"bob"}"#],
        RequestKind::Unfriend => {
            &[r#"{"id":61,"do":"unfriend","person":"a:aeaqcaibaeaqcaibaeaqcaibae"}"#]
        }
        RequestKind::Friends => &[
            r#"{"id":62,"do":"friends"}"#,
            r#"{"id":63,"do":"friends","after":"ann"}"#,
        ],
        RequestKind::Block => &[r#"{"id":64,"do":"block","person":"bob"}"#],
        RequestKind::Unblock => &[r#"{"id":65,"do":"unblock","person":"bob"}"#],
        RequestKind::Blocks => &[
            r#"{"id":66,"do":"blocks"}"#,
            r#"{"id":67,"do":"blocks","after":"ann"}"#,
        ],
        RequestKind::Me => &[
            r#"{"id":68,"do":"me"}"#,
            r#"{"id":69,"do":"me","strangers":false}"#,
            r#"{"id":72,"do":"me","guests":false}"#,
            r#"{"id":70,"do":"me","display":"Ann A.","bot":true}"#,
            r#"{"id":71,"do":"me","name":"Ann"}"#,
        ],
        RequestKind::Away => &[
            r#"{"id":560,"do":"away"}"#,
            r#"{"id":561,"do":"away","text":"lunch, back at one"}"#,
            r#"{"id":562,"do":"away","unattended":true}"#,
        ],
        RequestKind::Wear => &[
            r#"{"id":558,"do":"wear"}"#,
            r#"{"id":559,"do":"wear","name":"foo","coming":true}"#,
        ],
        RequestKind::Whois => &[r#"{"id":563,"do":"whois","person":"bob"}"#],
        RequestKind::Whowas => &[r#"{"id":564,"do":"whowas","name":"bob"}"#],
        RequestKind::Monitor => &[
            r#"{"id":565,"do":"monitor"}"#,
            r#"{"id":566,"do":"monitor","add":["bob","cat"],"remove":["dan"],"clear":true}"#,
        ],
        RequestKind::Counts => &[r#"{"id":567,"do":"counts"}"#],
        RequestKind::Operate => &[
            r#"{"id":568,"do":"operate"}"#,
            r#"{"id":569,"do":"operate","name":"ann","password":"seven red lamps"}"#,
        ],
        RequestKind::Metadata => &[
            r#"{"id":571,"do":"metadata"}"#,
            r#"{"id":572,"do":"metadata","person":"bob","keys":["url"]}"#,
            r#"{"id":573,"do":"metadata","room":"den","keys":["url"],"members":true,"after":"ann"}"#,
        ],
        RequestKind::SetMetadata => &[
            r#"{"id":574,"do":"set_metadata","key":"url","value":"https://ann.example"}"#,
            r#"{"id":575,"do":"set_metadata","room":"den","key":"url"}"#,
            r#"{"id":576,"do":"set_metadata","person":"ann"}"#,
        ],
        RequestKind::FollowMetadata => {
            &[r#"{"id":577,"do":"follow_metadata","add":["url"],"remove":["status"]}"#]
        }
        RequestKind::Hail => &[r#"{"id":570,"do":"hail","text":"the server stops at ten"}"#],
        RequestKind::Credits => &[r#"{"id":70,"do":"credits"}"#],
        RequestKind::Grant => &[
            r#"{"id":71,"do":"grant","person":"bob","amount":100}"#,
            r#"{"id":72,"do":"grant","person":"bob","amount":100,"why":"welcome","key":"5f1c09d2"}"#,
        ],
        RequestKind::Transfer => &[
            r#"{"id":73,"do":"transfer","person":"bob","amount":5}"#,
            r#"{"id":74,"do":"transfer","person":"bob","amount":9007199254740992,"why":"lunch","key":"5f1c09d2"}"#,
        ],
        RequestKind::BuyVip => &[
            r#"{"id":75,"do":"buy_vip"}"#,
            r#"{"id":76,"do":"buy_vip","periods":12,"key":"5f1c09d2"}"#,
        ],
        RequestKind::Ledger => &[
            r#"{"id":77,"do":"ledger"}"#,
            r#"{"id":78,"do":"ledger","all":true,"before":7,"limit":100}"#,
        ],
        RequestKind::Kick => &[
            r#"{"id":51,"do":"kick","room":"den","who":"bob"}"#,
            r#"{"id":52,"do":"kick","room":"den","who":"bob","reason":"spam","key":"5f1c09d2"}"#,
        ],
        RequestKind::Ban => &[
            r#"{"id":53,"do":"ban","room":"den","who":"bob"}"#,
            r#"{"id":54,"do":"ban","room":"den","who":"bob","for_s":172800,"reason":"spam","key":"5f1c09d2"}"#,
        ],
        RequestKind::Unban => &[
            r#"{"id":55,"do":"unban","room":"den","who":"bob"}"#,
            r#"{"id":56,"do":"unban","room":"den","who":"bob","key":"5f1c09d2"}"#,
        ],
        RequestKind::Mute => &[
            r#"{"id":57,"do":"mute","room":"lobby","who":"bob"}"#,
            r#"{"id":58,"do":"mute","room":"lobby","who":"bob","for_s":600,"reason":"spam","key":"5f1c09d2"}"#,
        ],
        RequestKind::Unmute => &[
            r#"{"id":59,"do":"unmute","room":"lobby","who":"bob"}"#,
            r#"{"id":60,"do":"unmute","room":"lobby","who":"bob","key":"5f1c09d2"}"#,
        ],
        RequestKind::SetMask => &[
            r#"{"id":63,"do":"set_mask","room":"den","kind":"ban","mask":"spam*"}"#,
            r#"{"id":64,"do":"set_mask","room":"den","kind":"exempt","mask":"account:bob","for_s":600,"reason":"known","key":"5f1c09d2"}"#,
            r#"{"id":65,"do":"set_mask","room":"den","kind":"voice","mask":"bob","remove":true}"#,
        ],
        RequestKind::Masks => &[r#"{"id":66,"do":"masks","room":"den","kind":"invite"}"#],
        RequestKind::Bans => &[
            r#"{"id":61,"do":"bans","room":"den"}"#,
            r#"{"id":62,"do":"bans","room":"den","mutes":true,"after":"bob"}"#,
        ],
        RequestKind::SetRole => &[
            r#"{"id":63,"do":"set_role","room":"den","who":"bob","role":"admin"}"#,
            r#"{"id":64,"do":"set_role","room":"den","who":"bob","role":"member"}"#,
            r#"{"id":65,"do":"set_role","room":"den","who":"bob","role":"founder","key":"5f1c09d2"}"#,
        ],
        RequestKind::Knock => &[
            r#"{"id":571,"do":"knock","room":"den"}"#,
            r#"{"id":572,"do":"knock","room":"den","text":"bob sent me"}"#,
        ],
        RequestKind::InviteTo => &[
            r#"{"id":66,"do":"invite_to","room":"den","who":"bob"}"#,
            r#"{"id":67,"do":"invite_to","room":"den","who":"bob","key":"5f1c09d2"}"#,
        ],
        RequestKind::SetRoom => &[
            r#"{"id":68,"do":"set_room","room":"den","topic":"tea"}"#,
            r#"{"id":69,"do":"set_room","room":"den","name":"attic","topic":"","slow_mode_ms":10000,"access":"password","listed":false,"history":"since_joining","retention":"30d","password":"sesame","reason":"spring","key":"5f1c09d2"}"#,
            r#"{"id":70,"do":"set_room","room":"den","archived":true}"#,
            r#"{"id":87,"do":"set_room","room":"den","quiet_guests":true,"quiet_machines":true}"#,
            r#"{"id":86,"do":"set_room","room":"den","groups":["crew"]}"#,
        ],
        RequestKind::AboutRoom => &[r#"{"id":71,"do":"about_room","room":"den"}"#],
        RequestKind::Invite => &[
            r#"{"id":39,"do":"invite"}"#,
            r#"{"id":40,"do":"invite","expires_in_s":3600}"#,
        ],
        RequestKind::NewToken => &[
            r#"{"id":41,"do":"new_token","label":"weechat"}"#,
            r#"{"id":42,"do":"new_token","label":"weechat","scope":"irc"}"#,
            r#"{"id":43,"do":"new_token","label":"archive","scope":"read"}"#,
            r#"{"id":44,"do":"new_token","label":"bot","scope":"send"}"#,
            r#"{"id":45,"do":"new_token","label":"opers","scope":"moderate"}"#,
        ],
        RequestKind::Tokens => &[r#"{"id":45,"do":"tokens"}"#],
        RequestKind::RevokeToken => &[r#"{"id":46,"do":"revoke_token","token":"weechat"}"#],
        RequestKind::AddCertificate => &[
            r#"{"id":47,"do":"add_certificate","label":"laptop"}"#,
            r#"{"id":47,"do":"add_certificate","label":"laptop","certificate":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","scope":"irc"}"#,
        ],
        RequestKind::SetScram => &[
            r#"{"id":48,"do":"set_scram","password":"correct horse"}"#,
            r#"{"id":48,"do":"set_scram","password":"correct horse","off":true}"#,
        ],
        RequestKind::SecondFactor => &[r#"{"id":5,"do":"second_factor","code":"287082"}"#],
        RequestKind::OfferSecondFactor => &[
            r#"{"id":48,"do":"offer_second_factor","opaque":"AQID"}"#,
            r#"{"id":48,"do":"offer_second_factor","password":"correct horse"}"#,
        ],
        RequestKind::SetSecondFactor => &[r#"{"id":49,"do":"set_second_factor","code":"081804"}"#],
        RequestKind::ProveCode => &[r#"{"id":51,"do":"prove_code","code":"287082"}"#],
        RequestKind::DropSecondFactor => &[
            r#"{"id":50,"do":"drop_second_factor","code":"abcd-efgh-ijkl-mnop"}"#,
            r#"{"id":50,"do":"drop_second_factor","who":"bob","reason":"lost his telephone"}"#,
        ],
        RequestKind::SignInCertificate => &[
            r#"{"id":4,"do":"sign_in_certificate"}"#,
            r#"{"id":4,"do":"sign_in_certificate","name":"ann"}"#,
        ],
        RequestKind::SignInScram => {
            &[r#"{"id":4,"do":"sign_in_scram","message":"n,,n=ann,r=rOprNGfwEbeRWgbNEkqO"}"#]
        }
        RequestKind::SignInScramFinish => &[r#"{"id":6,"do":"sign_in_scram_finish"}"#],
        RequestKind::Sessions => &[r#"{"id":200,"do":"sessions"}"#],
        RequestKind::RevokeSession => &[
            r#"{"id":201,"do":"revoke_session","session":"s:aqcaibaeaqcaibaeaqcaibaeaq"}"#,
            r#"{"id":202,"do":"revoke_session","session":"others"}"#,
        ],
        RequestKind::ChangePassword => &[
            r#"{"id":203,"do":"change_password","old":"correct horse","new":"correct horse 2"}"#,
            r#"{"id":204,"do":"change_password","old":"correct horse","new":"correct horse 2","keep_sessions":true}"#,
        ],
        RequestKind::ChangePasswordStart => {
            &[r#"{"id":205,"do":"change_password_start","opaque":"AAEC_w","new_opaque":"AAEC_w"}"#]
        }
        RequestKind::ChangePasswordFinish => &[
            r#"{"id":206,"do":"change_password_finish","opaque":"AAEC_w","new_opaque":"AAEC_w","argon2":{"memory_kib":65536,"passes":3,"lanes":4}}"#,
            r#"{"id":207,"do":"change_password_finish","opaque":"AAEC_w","new_opaque":"AAEC_w","argon2":{"memory_kib":65536,"passes":3,"lanes":4},"keep_sessions":true}"#,
        ],
        RequestKind::AddAccount => {
            &[r#"{"id":209,"do":"add_account","name":"bob","password":"eight blue lamps"}"#]
        }
        RequestKind::ResetCode => &[r#"{"id":208,"do":"reset_code","name":"bob"}"#],
        RequestKind::ProveStart => &[r#"{"id":217,"do":"prove_start","opaque":"AAEC_w"}"#],
        RequestKind::DeleteAccount => &[
            r#"{"id":218,"do":"delete_account","opaque":"AAEC_w","with_messages":true}"#,
            r#"{"id":219,"do":"delete_account","password":"correct horse"}"#,
        ],
        RequestKind::DeviceCode => &[
            r#"{"id":215,"do":"device_code"}"#,
            r#"{"id":216,"do":"device_code","name":"bob"}"#,
        ],
        RequestKind::Reset => &[
            r#"{"id":209,"do":"reset","name":"bob","code":"kbqxg4-3fmnz-gk5ba-mnxwi-zlt2e","password":"correct horse"}"#,
        ],
        RequestKind::ResetStart => &[
            r#"{"id":210,"do":"reset_start","name":"bob","code":"kbqxg4-3fmnz-gk5ba-mnxwi-zlt2e","opaque":"AAEC_w"}"#,
        ],
        RequestKind::ResetFinish => &[
            r#"{"id":211,"do":"reset_finish","opaque":"AAEC_w","argon2":{"memory_kib":65536,"passes":3,"lanes":4}}"#,
        ],
        RequestKind::Server => &[
            r#"{"id":47,"do":"server"}"#,
            r#"{"id":48,"do":"server","registration":"open","inviters":"members","plain_passwords":false}"#,
            r#"{"id":49,"do":"server","watch_open_rooms":true}"#,
            r#"{"id":49,"do":"server","registration":"code","access_code":"sesame"}"#,
            r#"{"id":50,"do":"server","registration":"invite","inviters":"moderators"}"#,
            r#"{"id":217,"do":"server","guests":"on"}"#,
        ],
        RequestKind::Audit => &[
            r#"{"id":51,"do":"audit"}"#,
            r#"{"id":52,"do":"audit","action":"account_banned","by":"ann","about":"a:aeaqcaibaeaqcaibaeaqcaibae","before":17}"#,
        ],
        RequestKind::SetServerRole => &[
            r#"{"id":53,"do":"set_server_role","who":"bob","role":"moderator"}"#,
            r#"{"id":54,"do":"set_server_role","who":"bob","role":"member","reason":"thanks"}"#,
        ],
        RequestKind::HandOver => &[
            r#"{"id":55,"do":"hand_over"}"#,
            r#"{"id":56,"do":"hand_over","to":"bob"}"#,
        ],
        RequestKind::AcceptServer => &[r#"{"id":57,"do":"accept_server"}"#],
        RequestKind::ServerKick => &[
            r#"{"id":58,"do":"server_kick","who":"bob"}"#,
            r#"{"id":59,"do":"server_kick","who":"bob","reason":"noise"}"#,
        ],
        RequestKind::ServerBan => &[
            r#"{"id":60,"do":"server_ban","who":"bob"}"#,
            r#"{"id":61,"do":"server_ban","address":"192.0.2.0/24","for_s":3600,"reason":"noise","even_me":true}"#,
        ],
        RequestKind::ServerUnban => &[
            r#"{"id":62,"do":"server_unban","who":"bob"}"#,
            r#"{"id":63,"do":"server_unban","address":"192.0.2.0/24"}"#,
        ],
        RequestKind::ServerBans => &[
            r#"{"id":64,"do":"server_bans"}"#,
            r#"{"id":65,"do":"server_bans","before":17}"#,
        ],
        RequestKind::RenameAccount => &[
            r#"{"id":66,"do":"rename_account","who":"bob","name":"robert"}"#,
            r#"{"id":67,"do":"rename_account","who":"bob","name":"robert","reason":"as asked"}"#,
        ],
        RequestKind::Announce => &[r#"{"id":68,"do":"announce","body":"We move house."}"#],
        RequestKind::Withdraw => &[r#"{"id":69,"do":"withdraw","announcement":3}"#],
        RequestKind::Announcements => &[
            r#"{"id":70,"do":"announcements"}"#,
            r#"{"id":71,"do":"announcements","before":3,"seen":7}"#,
        ],
        RequestKind::Report => &[
            r#"{"id":72,"do":"report","room":"den","seq":42}"#,
            r#"{"id":73,"do":"report","room":"@ann","seq":42,"reason":"rude"}"#,
        ],
        RequestKind::Reports => &[
            r#"{"id":74,"do":"reports"}"#,
            r#"{"id":75,"do":"reports","mine":true,"all":true,"before":17}"#,
        ],
        RequestKind::DecideReport => &[
            r#"{"id":76,"do":"decide_report","report":17,"state":"resolved"}"#,
            r#"{"id":77,"do":"decide_report","report":17,"state":"dismissed","reason":"a joke"}"#,
            r#"{"id":78,"do":"decide_report","report":17,"state":"escalated"}"#,
        ],
        RequestKind::Watch => &[r#"{"id":79,"do":"watch","on":true}"#],
        RequestKind::Label => &[
            r#"{"id":80,"do":"label","who":"bob","label":"staff"}"#,
            r#"{"id":81,"do":"label","who":"bob","label":"staff","remove":true}"#,
        ],
        RequestKind::SetGroup => &[
            r#"{"id":82,"do":"set_group","group":"crew","add":["bob"],"remove":["ann"]}"#,
            r#"{"id":83,"do":"set_group","group":"crew","delete":true}"#,
        ],
        RequestKind::Groups => &[
            r#"{"id":84,"do":"groups"}"#,
            r#"{"id":85,"do":"groups","group":"crew"}"#,
        ],
        RequestKind::Allow => &[
            r#"{"id":86,"do":"allow","address":"192.0.2.7"}"#,
            r#"{"id":87,"do":"allow","address":"2001:db8::/48","for_s":3600,"reason":"the office"}"#,
        ],
        RequestKind::Disallow => &[r#"{"id":88,"do":"disallow","address":"192.0.2.7"}"#],
        RequestKind::Allowed => &[
            r#"{"id":89,"do":"allowed"}"#,
            r#"{"id":90,"do":"allowed","before":17}"#,
        ],
        RequestKind::Lockdown => &[
            r#"{"id":91,"do":"lockdown"}"#,
            r#"{"id":92,"do":"lockdown","level":"on","dry_run":true}"#,
            r#"{"id":93,"do":"lockdown","level":"closed","for_s":600,"reason":"a flood"}"#,
        ],
        RequestKind::Shield => &[
            r#"{"id":94,"do":"shield"}"#,
            r#"{"id":95,"do":"shield","wanted":"up"}"#,
        ],
        RequestKind::Purge => &[
            r#"{"id":96,"do":"purge","who":"bob","since":"2026-11-20T19:41:07.118Z"}"#,
            r#"{"id":97,"do":"purge","who":"bob","since":"2026-11-20T19:41:07.118Z","reason":"spam"}"#,
            r#"{"id":97,"do":"purge","who":"bob","last_s":3600}"#,
            r#"{"id":97,"do":"purge","who":"bob","last_s":3600,"for_good":true}"#,
            r#"{"id":97,"do":"purge","who":"bob","undo":true}"#,
        ],
        RequestKind::ProveWork => &[r#"{"id":98,"do":"prove_work","nonce":73411}"#],
    }
}

const DONE: &[&str] = &["{}"];

const SIGNED_IN: &[&str] = &[
    r#"{"account":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"bob","role":"member","rooms":[],"more":false}"#,
    r#"{"account":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"bob","role":"owner","session":"kbqxg43fmnzgk5bamnxwizlt2e","device":"kbqxg4","rooms":[{"room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","member":true,"history":"all","log":"l:ambqgaydambqgaydambqgaydam","seq":41,"read":37,"unread":2},{"room":"@ann","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","member":true,"direct":true,"history":"all","members":2,"log":"l:ambqgaydambqgaydambqgaydam","seq":1,"read":1,"unread":0}],"more":true}"#,
    r#"{"account":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"bob","role":"moderator","rooms":[{"room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","member":false,"password":true,"history":"since_joining"}],"more":false}"#,
    r#"{"account":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"bob","role":"guest","rooms":[],"more":false}"#,
    r#"{"account":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"bob","worn":"foo","role":"member","rooms":[{"room":"@ann","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","member":true,"direct":true,"worn":"bar","history":"all","log":"l:ambqgaydambqgaydambqgaydam","seq":1,"read":1,"unread":0}],"more":false}"#,
];

const OPAQUE_REPLY: &[&str] =
    &[r#"{"opaque":"AAEC_w","argon2":{"memory_kib":65536,"passes":3,"lanes":4}}"#];

const SENT: &[&str] = &[
    r#"{"room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":42,"at":"2026-11-20T19:41:07.118Z"}"#,
];

const ENTERED: &[&str] = &[
    r#"{"room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","member":true,"password":true,"history":"all","members":3,"log":"l:ambqgaydambqgaydambqgaydam","seq":3,"read":3,"unread":0}"#,
];

/// The `ok` objects that answer this request.
#[expect(clippy::too_many_lines, reason = "a few lines a request")]
pub(super) const fn answers(kind: RequestKind) -> &'static [&'static str] {
    match kind {
        RequestKind::Hello => &[
            r#"{"wire":1,"server":"Snug 0.1","features":[],"limits":{"line_bytes":65536,"body_bytes":16384,"pending":256,"read_events":500},"registration":"invite"}"#,
            r#"{"wire":1,"server":"Snug 0.1","features":[],"limits":{"line_bytes":65536,"body_bytes":16384,"pending":256,"read_events":500},"registration":"code","guests":"code"}"#,
            r#"{"wire":1,"server":"Snug 0.1","features":[],"limits":{"line_bytes":65536,"body_bytes":16384,"pending":256,"read_events":500},"registration":"invite","work":{"challenge":"00112233445566778899aabbccddeeff","bits":18}}"#,
        ],
        RequestKind::Ping
        | RequestKind::AddCertificate
        | RequestKind::SetScram
        | RequestKind::ProveCode
        | RequestKind::DropSecondFactor
        | RequestKind::Quit
        | RequestKind::Follow
        | RequestKind::Typing
        | RequestKind::Mark
        | RequestKind::Leave
        | RequestKind::Unfriend
        | RequestKind::Block
        | RequestKind::Unblock
        | RequestKind::RevokeToken
        | RequestKind::RevokeSession
        | RequestKind::ChangePassword
        | RequestKind::ChangePasswordFinish
        | RequestKind::DeleteAccount
        | RequestKind::SetServerRole
        | RequestKind::AddAccount
        | RequestKind::HandOver
        | RequestKind::AcceptServer
        | RequestKind::ServerKick
        | RequestKind::ServerBan
        | RequestKind::ServerUnban
        | RequestKind::RenameAccount
        | RequestKind::Withdraw
        | RequestKind::DecideReport
        | RequestKind::Watch
        | RequestKind::Label
        | RequestKind::SetGroup
        | RequestKind::Away
        | RequestKind::Allow
        | RequestKind::Disallow
        | RequestKind::ProveWork
        | RequestKind::Knock
        | RequestKind::Hail => DONE,
        RequestKind::Register
        | RequestKind::RegisterFinish
        | RequestKind::SignIn
        | RequestKind::SignInFinish
        | RequestKind::SignInCertificate
        | RequestKind::SignInScramFinish
        | RequestKind::SecondFactor
        | RequestKind::Resume
        | RequestKind::ComeAsGuest
        | RequestKind::Reset
        | RequestKind::ResetFinish => SIGNED_IN,
        RequestKind::RegisterStart
        | RequestKind::SignInStart
        | RequestKind::ResetStart
        | RequestKind::ProveStart => OPAQUE_REPLY,
        RequestKind::Send
        | RequestKind::React
        | RequestKind::Tag
        | RequestKind::Edit
        | RequestKind::Delete
        | RequestKind::Kick
        | RequestKind::Ban
        | RequestKind::Unban
        | RequestKind::Mute
        | RequestKind::Unmute
        | RequestKind::SetMask
        | RequestKind::SetRole
        | RequestKind::InviteTo
        | RequestKind::SetRoom => SENT,
        RequestKind::Signal => &[
            r#"{"room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","signal":"5f1c09d2","at":"2026-11-20T19:41:07.118Z"}"#,
        ],
        RequestKind::Allowed => &[
            r#"{"allowed":[],"more":false}"#,
            r#"{"allowed":[{"number":2,"address":"192.0.2.7","by":"ann","at":"2026-11-20T19:41:07.118Z","until":"2026-11-20T20:41:07.118Z","reason":"the office"}],"more":true}"#,
        ],
        RequestKind::Lockdown => &[
            r#"{"lockdown":"off","drops":0,"of":212}"#,
            r#"{"lockdown":"on","until":"2026-11-20T20:41:07.118Z","reason":"a flood","drops":14,"of":212}"#,
        ],
        RequestKind::Shield => &[
            r#"{"up":false,"wanted":"auto","newcomers":3,"open":212,"outside":2,"refused":0,"shut_out":0,"offenders":[],"lockdown":"off"}"#,
            r#"{"up":true,"wanted":"up","newcomers":412,"from":[{"network":"192.0.2.0/24","percent":97}],"handshakes":40,"open":212,"outside":2,"refused":9321,"shut_out":7,"shut_for":[{"why":"codes","times":5},{"why":"garbage","times":2}],"offenders":[{"address":"192.0.2.7","open":12,"shut_ms":30000,"times":3}],"lockdown":"on","until":"2026-11-20T20:41:07.118Z"}"#,
        ],
        RequestKind::Purge => &[
            r#"{"messages":42,"left":0}"#,
            r#"{"messages":42,"left":0,"until":"2026-11-21T19:41:07.118Z"}"#,
        ],
        RequestKind::ReadUntil => &["{}", r#"{"until":"2026-11-20T19:41:07.118Z"}"#],
        RequestKind::Read => &[
            r#"{"events":[],"first":1,"seq":0,"log":"l:ambqgaydambqgaydambqgaydam","more":false}"#,
            r#"{"events":[{"ev":"message","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":42,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","body":"hi"}],"first":1,"seq":42,"log":"l:ambqgaydambqgaydambqgaydam","more":true}"#,
        ],
        RequestKind::Search => &[
            r#"{"hits":[],"more":false}"#,
            r#"{"hits":[{"room":"@ann","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":42,"at":"2026-11-20T19:41:07.118Z","direct":true,"from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","body":"…the blue mat.","cut":true,"edited":true,"marks":[[5,9],[10,13]]}],"more":true,"cursor":"1795117267118.42.r:aibaeaqcaibaeaqcaibaeaqcai"}"#,
        ],
        RequestKind::CreateRoom | RequestKind::Join => ENTERED,
        RequestKind::Rooms => &[
            r#"{"rooms":[{"room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","member":true,"history":"all"}],"more":false}"#,
            r#"{"rooms":[{"room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","member":true,"history":"all","log":"l:ambqgaydambqgaydambqgaydam","seq":41,"read":37,"unread":4,"mentions":2}],"more":false}"#,
            r#"{"rooms":[{"room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","member":false,"hidden":true,"invited":true,"history":"all"}],"more":false}"#,
        ],
        RequestKind::Who => &[
            r#"{"people":[{"name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","display":"Ann A.","online":true,"role":"owner","founder":true},{"name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae","online":false,"role":"member","admin":true},{"name":"cid","account":"a:aeaqcaibaeaqcaibaeaqcaibae","online":false,"role":"member","muted":true}],"online":1,"more":false}"#,
        ],
        RequestKind::Masks => &[
            r#"{"masks":[]}"#,
            r#"{"masks":[{"mask":"spam*","by":"ann","at":"2026-11-20T19:41:07.118Z","until":"2026-11-27T19:41:07.118Z","reason":"spam"}]}"#,
        ],
        RequestKind::Bans => &[
            r#"{"bans":[],"more":false}"#,
            r#"{"bans":[{"name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae"},{"name":"cid","account":"a:aibaeaqcaibaeaqcaibaeaqcai","until":"2026-11-27T19:41:07.118Z","reason":"spam"}],"more":true}"#,
        ],
        RequestKind::AboutRoom => &[
            r#"{"room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","member":false,"password":true,"history":"all"}"#,
            r#"{"room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","member":false,"password":true,"admitted":true,"history":"all","groups":["crew"]}"#,
            r#"{"room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","member":true,"invitation":true,"hidden":true,"archived":true,"role":"admin","topic":"tea","slow_mode_ms":10000,"history":"all","members":3,"log":"l:ambqgaydambqgaydambqgaydam","seq":3,"read":3,"unread":0,"founder":"ann","founder_id":"a:aeaqcaibaeaqcaibaeaqcaibae"}"#,
        ],
        RequestKind::Befriend => &[r#"{"state":"asked"}"#, r#"{"state":"friends"}"#],
        RequestKind::Friends => &[
            r#"{"friends":[],"more":false}"#,
            r#"{"friends":[{"name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","display":"Ann A.","state":"friends","online":true,"since":"2026-11-20T19:41:07.118Z"},{"name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae","state":"asks","since":"2026-11-20T19:41:07.118Z"}],"more":true}"#,
        ],
        RequestKind::Blocks => &[
            r#"{"blocks":[],"more":false}"#,
            r#"{"blocks":[{"name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae","since":"2026-11-20T19:41:07.118Z"},{"name":"cid","account":"a:aeaqcaibaeaqcaibaeaqcaibae","display":"Cid C.","since":"2026-11-20T19:41:07.118Z"}],"more":true}"#,
        ],
        RequestKind::Me => &[
            r#"{"account":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"bob","role":"member","strangers":true}"#,
            r#"{"account":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"bob","role":"member","strangers":true,"no_guests":true}"#,
            r#"{"account":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"bob","display":"Bob B.","role":"owner","strangers":false,"bot":true,"recovery_codes":7,"away":"lunch"}"#,
        ],
        RequestKind::OfferSecondFactor => &[
            r#"{"secret":"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP","link":"otpauth://totp/Snug:ann?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Snug"}"#,
        ],
        RequestKind::SetSecondFactor => &[r#"{"codes":["abcd-efgh-ijkl-mnop"]}"#],
        RequestKind::Whois => &[
            r#"{"name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","online":false,"role":"member"}"#,
            r#"{"name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","online":true,"away":"lunch","bot":true,"user":"annie","role":"owner","since":"2026-11-20T19:41:07.118Z","idle_ms":5000,"address":"192.0.2.7","secure":true,"rooms":[{"room":"den","role":"founder"},{"room":"attic"}]}"#,
        ],
        RequestKind::Whowas => &[
            r#"{"people":[]}"#,
            r#"{"people":[{"name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","display":"Ann A.","user":"annie","until":"2026-11-20T19:41:07.118Z"}]}"#,
        ],
        RequestKind::Monitor => &[
            r#"{"people":[]}"#,
            r#"{"people":[{"name":"ann","online":true},{"name":"bob","online":false}],"left_out":["cat"]}"#,
        ],
        RequestKind::Wear => &[r#"{"name":"foo"}"#],
        RequestKind::Counts => &[
            r#"{"online":2,"most":3,"operators":1,"unknown":0,"rooms":4,"started_at":"2026-11-20T19:41:07.118Z","now":"2026-11-20T19:41:07.118Z"}"#,
        ],
        RequestKind::Operate => &[r#"{"role":"moderator"}"#],
        RequestKind::Metadata | RequestKind::SetMetadata => &[
            r#"{"entries":[]}"#,
            r#"{"entries":[{"key":"url","value":"https://den.example"},{"name":"bob","key":"url"}],"more_after":"bob"}"#,
            r#"{"entries":[{"name":"bob","worn":"foo","key":"url","value":"https://den.example"}]}"#,
        ],
        RequestKind::FollowMetadata => &[
            r#"{"keys":["url"]}"#,
            r#"{"keys":["url"],"left_out":["status"]}"#,
        ],
        RequestKind::Credits => &[
            r#"{"balance":0,"vip_price":0}"#,
            r#"{"balance":95,"vip_until":"2026-11-20T19:41:07.118Z","vip_price":100}"#,
        ],
        RequestKind::Grant | RequestKind::Transfer | RequestKind::BuyVip => &[
            r#"{"movement":7,"at":"2026-11-20T19:41:07.118Z","balance":95}"#,
            r#"{"movement":7,"at":"2026-11-20T19:41:07.118Z","balance":95,"vip_until":"2026-11-20T19:41:07.118Z"}"#,
        ],
        RequestKind::Ledger => &[
            r#"{"movements":[],"more":false}"#,
            r#"{"movements":[{"movement":7,"at":"2026-11-20T19:41:07.118Z","cause":"transfer","from":{"name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae"},"to":{"name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae"},"amount":5,"why":"lunch"},{"movement":6,"at":"2026-11-20T19:41:07.118Z","cause":"grant","to":{"name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae"},"amount":100},{"movement":5,"at":"2026-11-20T19:41:07.118Z","cause":"vip","from":{"name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae"},"amount":1}],"more":true}"#,
        ],
        RequestKind::Invite | RequestKind::ResetCode | RequestKind::DeviceCode => &[
            r#"{"code":"kbqxg4-3fmnz-gk5ba-mnxwi-zlt2e","expires_at":"2026-11-27T19:41:07.118Z"}"#,
        ],
        RequestKind::NewToken => &[
            r#"{"token_id":"t:aqcaibaeaqcaibaeaqcaibaeaq","label":"weechat","scope":"irc","token":"kbqxg43fmnzgk5bamnxwizlt2e"}"#,
        ],
        RequestKind::SignInScram => {
            &[r#"{"message":"r=rOprNGfwEbeRWgbNEkqOxyz,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"}"#]
        }
        RequestKind::Tokens => &[
            r#"{"tokens":[]}"#,
            r#"{"tokens":[{"token_id":"t:aqcaibaeaqcaibaeaqcaibaeaq","label":"weechat","scope":"irc","created_at":"2026-11-20T19:41:07.118Z"},{"token_id":"t:aqcaibaeaqcaibaeaqcaibaeaq","label":"bot","scope":"send","created_at":"2026-11-20T19:41:07.118Z","used_at":"2026-11-21T00:00:00.000Z"}]}"#,
        ],
        RequestKind::Sessions => &[
            r#"{"sessions":[],"more":false}"#,
            r#"{"sessions":[{"session_id":"s:aqcaibaeaqcaibaeaqcaibaeaq","client":"snug 0.1","address":"192.0.2.7","created_at":"2026-11-20T19:41:07.118Z","seen_at":"2026-11-21T00:00:00.000Z","online":true,"this":true},{"session_id":"s:aeaqcaibaeaqcaibaeaqcaibae","client":"irc","created_at":"2026-11-20T19:41:07.118Z","seen_at":"2026-11-21T00:00:00.000Z","online":true,"token":"weechat","scope":"irc"}],"more":true}"#,
        ],
        RequestKind::ChangePasswordStart => &[
            r#"{"opaque":"AAEC_w","argon2":{"memory_kib":65536,"passes":3,"lanes":4},"new_opaque":"AAEC_w","new_argon2":{"memory_kib":65536,"passes":3,"lanes":4}}"#,
        ],
        RequestKind::Server => &[
            r#"{"server":"Snug 0.1","registration":"invite","inviters":"members","plain_passwords":true}"#,
            r#"{"server":"Snug 0.1","registration":"invite","inviters":"members","plain_passwords":true,"guests":"on"}"#,
        ],
        RequestKind::Audit => &[
            r#"{"entries":[],"more":false}"#,
            r#"{"entries":[{"entry":17,"at":"2026-11-20T19:41:07.118Z","by":"ann","by_id":"a:aeaqcaibaeaqcaibaeaqcaibae","action":"account_banned","name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","address":"192.0.2.0/24","until":"2026-11-21T19:41:07.118Z","why":"noise","details":"role moderator","undo":"/unban"},{"entry":16,"at":"2026-11-20T19:41:07.118Z","action":"invite_made"}],"more":true}"#,
        ],
        RequestKind::Groups => &[
            r#"{"groups":[]}"#,
            r#"{"groups":[{"group":"crew","members":2,"names":["ann","bob"]},{"group":"night","members":0}]}"#,
        ],
        RequestKind::Announce => &[r#"{"announcement":3}"#],
        RequestKind::Announcements => &[
            r#"{"announcements":[],"more":false}"#,
            r#"{"announcements":[{"announcement":3,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","body":"We move house."}],"more":true}"#,
        ],
        RequestKind::Report => &[
            r#"{"report":17,"state":"open"}"#,
            r#"{"report":17,"state":"escalated"}"#,
        ],
        RequestKind::Reports => &[
            r#"{"reports":[],"more":false}"#,
            r#"{"reports":[{"report":17,"at":"2026-11-20T19:41:07.118Z","state":"resolved","by":"cid","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":42,"name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae","body":"hi","why":"rude","decided_by":"ann"},{"report":16,"at":"2026-11-20T19:41:07.118Z","state":"dismissed","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":42,"name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae","body":"hi"}],"more":true}"#,
        ],
        RequestKind::ServerBans => &[
            r#"{"bans":[],"more":false}"#,
            r#"{"bans":[{"ban":17,"name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae","by":"ann","at":"2026-11-20T19:41:07.118Z","until":"2026-11-21T19:41:07.118Z","reason":"noise"},{"ban":16,"address":"192.0.2.0/24","at":"2026-11-20T19:41:07.118Z"}],"more":true}"#,
        ],
    }
}

/// The lines of the events that follow this one in our list; the list begins after [`Event::Unknown`].
#[expect(clippy::too_many_lines, reason = "one match over all there is")]
pub(super) const fn events_after(event: &Event) -> &'static [&'static str] {
    match event {
        Event::Unknown => &[
            r#"{"ev":"message","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":42,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","body":"hi"}"#,
            r#"{"ev":"message","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":42,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","from_guest":true,"body":"hi"}"#,
            r#"{"ev":"message","room":"@ann","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":43,"at":"2026-11-20T19:41:07.118Z","direct":true,"from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","from_display":"Ann A.","body":"","deleted":true}"#,
            r#"{"ev":"message","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":44,"at":"2026-11-20T19:41:07.118Z","from":"bob","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","body":"@ann yes","reply_to":42,"quote":{"seq":42,"from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","excerpt":"hi"},"mentions":["a:aeaqcaibaeaqcaibaeaqcaibae"]}"#,
            r#"{"ev":"message","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":45,"at":"2026-11-20T19:41:07.118Z","from":"bob","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","body":"to what is gone","reply_to":12}"#,
            r#"{"ev":"message","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","body":"hi there","manner":{"notice":true,"joints":[3],"tags":{"+a":"b"}}}"#,
        ],
        Event::Message(_) => &[
            r#"{"ev":"joined","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":3,"at":"2026-11-20T19:41:07.118Z","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae"}"#,
            r#"{"ev":"joined","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":3,"at":"2026-11-20T19:41:07.118Z","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","guest":true}"#,
            r#"{"ev":"joined","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":3,"at":"2026-11-20T19:41:07.118Z","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","display":"Ann A."}"#,
        ],
        Event::Joined(_) => &[
            r#"{"ev":"left","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":4,"at":"2026-11-20T19:41:07.118Z","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae"}"#,
        ],
        Event::Left(_) => &[
            r#"{"ev":"edited","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":44,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","of":42,"body":"ho"}"#,
            r#"{"ev":"edited","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":44,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","of":42,"body":"","deleted":true}"#,
        ],
        Event::Edited(_) => &[
            r#"{"ev":"deleted","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":45,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","of":42}"#,
            r#"{"ev":"deleted","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":45,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","of":42,"reason":"spam"}"#,
            r#"{"ev":"deleted","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":45,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","of":42,"by_server":true}"#,
        ],
        Event::Deleted(_) => &[
            r#"{"ev":"restored","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","of":42,"body":"hi"}"#,
            r#"{"ev":"restored","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","of":42,"body":"","deleted":true}"#,
        ],
        Event::Restored(_) => &[
            r#"{"ev":"reacted","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","of":42,"emoji":"👍"}"#,
            r#"{"ev":"reacted","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","of":42,"emoji":":+1:","quote":{"seq":42,"from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","excerpt":"hi"}}"#,
        ],
        Event::Reacted(_) => &[
            r#"{"ev":"unreacted","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":47,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","of":42,"emoji":"👍"}"#,
        ],
        Event::Unreacted(_) => &[
            r#"{"ev":"typing","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae"}"#,
        ],
        Event::Typing(_) => &[
            r#"{"ev":"tagged","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":48,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","tags":{"+a":"b"}}"#,
        ],
        Event::Tagged(_) => &[
            r#"{"ev":"signalled","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","signal":"5f1c09d2","at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","words":"the door is open","admins":true}"#,
            r#"{"ev":"signalled","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","signal":"5f1c09d2","at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","words":"the door is open","admins":true,"voices":true}"#,
            r#"{"ev":"signalled","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","signal":"5f1c09d2","at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","words":"the door is open","admins":true,"founder":true}"#,
            r#"{"ev":"signalled","room":"@ann","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","signal":"5f1c09d3","at":"2026-11-20T19:41:07.118Z","direct":true,"from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","words":"VERSION","machine":true,"notice":true,"tags":{"+a":"b"}}"#,
        ],
        Event::Signalled(_) => &[
            r#"{"ev":"marked","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":42,"unread":3,"mentions":1}"#,
            r#"{"ev":"marked","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":42,"unread":3,"mentions":1,"until":"2026-11-20T19:41:07.118Z"}"#,
        ],
        Event::Marked(_) => &[
            r#"{"ev":"kicked","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae"}"#,
            r#"{"ev":"kicked","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae","reason":"spam","by_server":true}"#,
        ],
        Event::Kicked(_) => &[
            r#"{"ev":"banned","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae","until":"2026-11-27T19:41:07.118Z","reason":"spam"}"#,
        ],
        Event::Banned(_) => &[
            r#"{"ev":"unbanned","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae"}"#,
        ],
        Event::Unbanned(_) => &[
            r#"{"ev":"muted","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae","until":"2026-11-27T19:41:07.118Z","reason":"spam"}"#,
        ],
        Event::Muted(_) => &[
            r#"{"ev":"unmuted","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae"}"#,
        ],
        Event::Unmuted(_) => &[
            r#"{"ev":"invited","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae"}"#,
        ],
        Event::Invited(_) => &[
            r#"{"ev":"role_changed","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae","role":"admin"}"#,
            r#"{"ev":"role_changed","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae","role":"founder","by_server":true}"#,
        ],
        Event::RoleChanged(_) => &[
            r#"{"ev":"settings_changed","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","topic":"tea"}"#,
            r#"{"ev":"settings_changed","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","name":"den","topic":"","slow_mode_ms":10000,"access":"password","listed":false,"history":"since_joining","was":"attic","new_password":true,"reason":"spring","by_server":true}"#,
            r#"{"ev":"settings_changed","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","archived":true}"#,
        ],
        Event::SettingsChanged(_) => &[
            r#"{"ev":"mask_changed","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","kind":"ban","mask":"spam*","until":"2026-11-27T19:41:07.118Z","reason":"spam"}"#,
            r#"{"ev":"mask_changed","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","seq":46,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","kind":"voice","mask":"bob","removed":true,"by_server":true}"#,
        ],
        Event::MaskChanged(_) => &[
            r#"{"ev":"presence","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","online":true}"#,
            r#"{"ev":"presence","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","online":false,"reason":"bye"}"#,
        ],
        Event::Presence(_) => &[
            r#"{"ev":"online","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","count":1234}"#,
        ],
        Event::Online(_) => {
            &[r#"{"ev":"notice","text":"The server stops in a minute and comes back."}"#]
        }
        Event::Notice(_) => &[
            r#"{"ev":"gap","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","after":41,"to":1999}"#,
            r#"{"ev":"gap","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","after":41,"to":1999,"lost":true}"#,
        ],
        Event::Gap(_) => &[
            r#"{"ev":"rewound","room":"lobby","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","log":"l:ambqgaydambqgaydambqgaydam","first":1,"seq":0}"#,
        ],
        Event::Rewound(_) => &[
            r#"{"ev":"room_added","room":"@ann","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","member":true,"direct":true,"history":"all","log":"l:ambqgaydambqgaydambqgaydam","seq":0,"read":0,"unread":0}"#,
        ],
        Event::RoomAdded(_) => &[
            r#"{"ev":"friend","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","state":"asks"}"#,
            r#"{"ev":"friend","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","display":"Ann A.","state":"none"}"#,
        ],
        Event::Friend(_) => &[
            r#"{"ev":"friend_presence","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","online":true}"#,
        ],
        Event::FriendPresence(_) => &[
            r#"{"ev":"credits","movement":7,"at":"2026-11-20T19:41:07.118Z","cause":"transfer","from":{"name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae"},"to":{"name":"bob","account":"a:aeaqcaibaeaqcaibaeaqcaibae"},"amount":5,"why":"lunch","balance":5}"#,
        ],
        Event::Credits(_) => &[
            r#"{"ev":"account_changed","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","role":"moderator"}"#,
            r#"{"ev":"account_changed","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","display":"Ann A.","role":"member","was":"bob"}"#,
            r#"{"ev":"account_changed","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","display":"Ann A.","role":"member","display_changed":true}"#,
            r#"{"ev":"account_changed","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","worn":"foo","role":"member","wore":"ann"}"#,
        ],
        Event::AccountChanged(_) => &[
            r#"{"ev":"away","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","text":"lunch, back at one"}"#,
            r#"{"ev":"away","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae"}"#,
        ],
        Event::Away(_) => &[
            r#"{"ev":"seen","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","online":true}"#,
        ],
        Event::Seen(_) => &[
            r#"{"ev":"hailed","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","text":"the server stops at ten"}"#,
        ],
        Event::Hailed(_) => &[
            r#"{"ev":"metadata","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","key":"url","value":"https://den.example"}"#,
            r#"{"ev":"metadata","name":"ann","account":"a:aeaqcaibaeaqcaibaeaqcaibae","key":"url"}"#,
        ],
        Event::Metadata(_) => &[
            r#"{"ev":"invitation","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae"}"#,
        ],
        Event::Invitation(_) => &[
            r#"{"ev":"announcement","announcement":3,"at":"2026-11-20T19:41:07.118Z","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","body":"We move house."}"#,
        ],
        Event::Announcement(_) => &[
            r#"{"ev":"watched","at":"2026-11-20T19:41:07.118Z","what":"signed_in","text":"ann, native from 192.0.2.7"}"#,
            r#"{"ev":"watched","at":"2026-11-20T19:41:07.118Z","what":"said","text":"den, ann: hi","left_out":3}"#,
        ],
        Event::Watched(_) => &[
            r#"{"ev":"policy_changed","registration":"open","guests":"code"}"#,
            r#"{"ev":"policy_changed","registration":"invite","closed":true}"#,
        ],
        Event::PolicyChanged(_) => &[
            r#"{"ev":"knocked","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae"}"#,
            r#"{"ev":"knocked","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","text":"bob sent me"}"#,
            r#"{"ev":"knocked","room":"den","room_id":"r:aibaeaqcaibaeaqcaibaeaqcai","from":"ann","from_id":"a:aeaqcaibaeaqcaibaeaqcaibae","from_worn":"foo"}"#,
        ],
        Event::Knocked(_) => &[],
    }
}
