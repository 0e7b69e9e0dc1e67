//! People and the server over IRC, on the raw wire and against the real server: one test a specification,
//! which it cites.

use anyhow::{Context, Result, bail, ensure};
use data_encoding::BASE64;
use serde_json::json;
use snug_testkit::{
    driver::{IrcPerson, PASSWORD},
    server::TestServer,
};

/// One raw client, and how often it has said PING.
pub(super) struct Raw {
    pub(super) person: IrcPerson,
    pub(super) pings: u32,
}

impl Raw {
    /// Signs in by SASL with these capabilities, all of the welcome read.
    pub(super) async fn sign_in(server: &TestServer, name: &str, caps: &str) -> Result<Self> {
        let mut raw = Self {
            person: IrcPerson::connect(server).await?,
            pings: 0,
        };
        let plain = BASE64.encode(format!("\0{name}\0{PASSWORD}").as_bytes());
        for line in [
            "CAP LS 302".to_owned(),
            format!("CAP REQ :sasl {caps}"),
            "AUTHENTICATE PLAIN".to_owned(),
            format!("AUTHENTICATE {plain}"),
            format!("NICK {name}"),
            "USER ident 0 * :Real Name".to_owned(),
            "CAP END".to_owned(),
        ] {
            raw.person.send(&line).await?;
        }
        raw.ask("PING welcome").await?;
        Ok(raw)
    }

    /// The same for a new account.
    pub(super) async fn newcomer(server: &TestServer, name: &str, caps: &str) -> Result<Self> {
        server.add_account(name, PASSWORD).await?;
        Self::sign_in(server, name, caps).await
    }

    /// Sends a line; what came until it was carried out, without tags.
    pub(super) async fn ask(&mut self, line: &str) -> Result<Vec<String>> {
        self.pings += 1;
        let token = format!("t{}", self.pings);
        self.person.send(line).await?;
        self.person.send(&format!("PING {token}")).await?;
        let mut came = Vec::new();
        loop {
            let line = self.person.raw_line().await?.context("closed")?;
            if line.contains(" PONG ") && line.ends_with(&format!(":{token}")) {
                return Ok(came);
            }
            came.push(line);
        }
    }

    /// What came by itself.
    pub(super) async fn came(&mut self) -> Result<Vec<String>> {
        self.ask("PING nothing").await.map(|mut lines| {
            lines.retain(|line| !line.ends_with("nothing"));
            lines
        })
    }

    /// Waits for a line that holds this.
    pub(super) async fn wait_for(&mut self, wanted: &str) -> Result<String> {
        loop {
            match self.person.raw_line().await? {
                Some(line) if line.contains(wanted) => return Ok(line),
                Some(_) => {}
                None => bail!("closed, and {wanted:?} did not come"),
            }
        }
    }
}

/// The lines of this command or numeric.
pub(super) fn of<'a>(lines: &'a [String], command: &str) -> Vec<&'a str> {
    let word = |line: &str| {
        let line = line
            .split_once(' ')
            .filter(|_| line.starts_with('@'))
            .map_or(line, |of| of.1);
        line.split(' ').nth(1) == Some(command)
    };
    let is = |line: &&String| word(line);
    lines.iter().filter(is).map(String::as_str).collect()
}

/// Is there a line that holds this? `{cloak}` stands for any host that an account may have.
pub(super) fn has(lines: &[String], wanted: &str) -> Result<()> {
    let holds = |line: &String| match wanted.split_once("{cloak}") {
        None => line.contains(wanted),
        Some((before, after)) => line.split_once(before).is_some_and(|(_, rest)| {
            let (cloak, rest) = rest.split_once(' ').unwrap_or_default();
            cloak.contains(".cloak") && format!(" {rest}").starts_with(after)
        }),
    };
    ensure!(lines.iter().any(holds), "{wanted:?} is not in {lines:#?}");
    Ok(())
}

async fn server() -> Result<TestServer> {
    TestServer::open_to_all().await
}

/// modern.ircdocs.horse, WHO; `IRCv3` WHOX.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_and_whox_say_what_is_asked_for_in_their_order() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    let mut bob = Raw::newcomer(&server, "bob", "").await?;
    ann.ask("JOIN #den").await?;
    bob.ask("JOIN #den").await?;
    let by_nick = bob.ask("WHO ANN").await?;
    assert_eq!(of(&by_nick, "352").len(), 1, "{by_nick:?}");
    has(&by_nick, " 352 bob * ")?;
    has(&by_nick, " ann H :0 Real Name")?;
    has(&by_nick, " 315 bob ANN :")?;
    assert_eq!(of(&bob.ask("WHO an*").await?, "352").len(), 1);
    assert_eq!(of(&bob.ask("WHO *").await?, "352").len(), 2);
    let none = bob.ask("WHO nobody").await?;
    assert_eq!(none.len(), 1, "{none:?}");
    ann.ask("AWAY :be right back").await?;
    let channel = bob.ask("WHO #den").await?;
    assert_eq!(of(&channel, "352").len(), 2, "{channel:?}");
    has(&channel, " ann G")?;
    for fields in ["%tcuihsnfdlaor,123", "%roaldfnshiuct,123"] {
        let full = bob.ask(&format!("WHO ann {fields}")).await?;
        let line = of(&full, "354").first().copied().unwrap_or_default();
        let words: Vec<_> = line.split(' ').collect();
        assert_eq!(words.get(2..5), Some(&["bob", "123", "*"][..]), "{line}");
        assert_eq!(words.get(6), Some(&"255.255.255.255"), "{line}");
        assert!(line.ends_with(" ann G 0 0 ann n/a :Real Name"), "{line}");
    }
    assert_eq!(
        of(&bob.ask("WHO ann %tn,7").await?, "354"),
        [":localhost 354 bob 7 ann"]
    );
    server.stop().await
}

/// modern.ircdocs.horse, WHOIS and AWAY; RFC 2812 §3.6.3, WHOWAS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whois_shows_who_is_here_and_whowas_who_was() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    let mut bob = Raw::newcomer(&server, "bob", "").await?;
    bob.ask("JOIN #open").await?;
    bob.ask("AWAY :on a break").await?;
    let seen = ann.ask("WHOIS bob").await?;
    for wanted in [
        " 311 ann bob ",
        " 319 ann bob :",
        "#open",
        " 312 ann bob ",
        " 301 ann bob :on a break",
        " 330 ann bob bob :",
        " 317 ann bob ",
        " 318 ann bob :",
    ] {
        has(&seen, wanted)?;
    }
    assert!(of(&seen, "338").is_empty(), "where he comes from is his");
    has(
        &bob.ask("WHOIS localhost bob").await?,
        " 338 bob bob 127.0.0.1 :",
    )?;
    has(
        &ann.ask("PRIVMSG bob :psst").await?,
        " 301 ann bob :on a break",
    )?;
    has(&ann.ask("WHOIS nobody").await?, " 401 ann nobody :")?;
    has(&ann.ask("WHOIS").await?, " 431 ann :")?;
    has(&ann.ask("WHOWAS nobody").await?, " 406 ann nobody :")?;
    has(&ann.ask("WHOWAS nobody").await?, " 369 ann nobody :")?;
    bob.person.send("QUIT").await?;
    bob.person.closed().await?;
    let mut bob = Raw::sign_in(&server, "bob", "").await?;
    bob.person.send("QUIT").await?;
    bob.person.closed().await?;
    let was = ann.ask("WHOWAS bob").await?;
    // Its account was made by a session that went at once.
    assert_eq!(of(&was, "314").len(), 3, "{was:?}");
    has(&was, " 314 ann bob ident {cloak} * :Real Name")?;
    has(&was, " 369 ann bob :")?;
    assert_eq!(of(&ann.ask("WHOWAS bob 1").await?, "314").len(), 1);
    assert_eq!(of(&ann.ask("WHOWAS bob -1").await?, "314").len(), 3);
    server.stop().await
}

/// DECISIONS 29: a server that keeps nothing keeps no names of those who went.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ephemeral_server_forgets_who_was_here() -> Result<()> {
    let server = TestServer::ephemeral_open().await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    let mut bob = Raw::newcomer(&server, "bob", "").await?;
    bob.person.send("QUIT").await?;
    bob.person.closed().await?;
    let was = ann.ask("WHOWAS bob").await?;
    assert!(of(&was, "314").is_empty(), "{was:?}");
    has(&was, " 406 ann bob :")?;
    server.stop().await
}

/// `IRCv3` monitor and extended-monitor.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn monitor_tells_who_comes_and_goes_and_more_to_who_asked_for_it() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "extended-monitor away-notify setname").await?;
    server.add_account("bob", PASSWORD).await?;
    assert_eq!(
        ann.ask("MONITOR + Bob,nobody").await?,
        [":localhost 731 ann :Bob,nobody"]
    );
    let mut bob = Raw::sign_in(&server, "bob", "").await?;
    let online = ann.wait_for(" 730 ").await?;
    assert!(online.starts_with(":localhost 730 ann :bob!"), "{online}");
    let status = ann.ask("MONITOR S").await?;
    assert_eq!(of(&status, "730").len(), 1, "{status:?}");
    has(&status, " 731 ann :nobody")?;
    bob.ask("AWAY :afk").await?;
    has(&ann.came().await?, " AWAY :afk")?;
    bob.ask("AWAY").await?;
    let back = ann.came().await?;
    assert!(back.iter().any(|line| line.ends_with(" AWAY")), "{back:?}");
    bob.ask("SETNAME :Bobby Tables").await?;
    has(&ann.came().await?, " SETNAME :Bobby Tables")?;
    has(&ann.ask("MONITOR L").await?, " 733 ann :")?;
    assert!(ann.ask("MONITOR - bob").await?.is_empty());
    bob.person.send("QUIT").await?;
    bob.person.closed().await?;
    assert!(of(&ann.came().await?, "731").is_empty());
    assert!(ann.ask("MONITOR C").await?.is_empty());
    assert_eq!(of(&ann.ask("MONITOR L").await?, "732").len(), 0);
    let many: Vec<_> = (0..60).map(|number| format!("n{number}")).collect();
    ann.ask(&format!("MONITOR + {}", many.join(","))).await?;
    let more: Vec<_> = (60..110).map(|number| format!("n{number}")).collect();
    has(
        &ann.ask(&format!("MONITOR + {}", more.join(","))).await?,
        " 734 ann 100 n100,",
    )?;
    server.stop().await
}

/// `IRCv3` away-notify, setname, draft/pre-away; one account at several clients.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_is_away_while_all_ones_clients_say_so() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "away-notify setname").await?;
    let mut bob = Raw::newcomer(&server, "bob", "setname").await?;
    let mut other = Raw::sign_in(&server, "bob", "").await?;
    ann.ask("JOIN #den").await?;
    bob.ask("JOIN #den").await?;
    ann.came().await?;
    has(&bob.ask("AWAY :lunch").await?, " 306 bob :")?;
    assert!(
        of(&ann.came().await?, "AWAY").is_empty(),
        "another client is here"
    );
    other.ask("AWAY :lunch too").await?;
    has(&ann.came().await?, " AWAY :lunch too")?;
    has(&other.ask("AWAY").await?, " 305 bob :")?;
    let back = ann.came().await?;
    assert!(back.iter().any(|line| line.ends_with(" AWAY")), "{back:?}");
    other.person.send("QUIT").await?;
    other.person.closed().await?;
    let left = ann.wait_for(" AWAY ").await?;
    assert!(left.ends_with(" AWAY :lunch"), "{left}");
    has(&bob.ask("SETNAME :Bob B.").await?, ":bob!")?;
    has(&ann.came().await?, " SETNAME :Bob B.")?;
    has(&ann.ask("WHOIS bob").await?, " * :Bob B.")?;
    let long = "x".repeat(65);
    let refused = bob.ask(&format!("SETNAME :{long}")).await?;
    has(&refused, "SETNAME")?;
    // Somebody away who joins is told to be (away-notify).
    let mut cat = Raw::newcomer(&server, "cat", "draft/pre-away").await?;
    cat.ask("AWAY *").await?;
    cat.ask("JOIN #den").await?;
    let joined = ann.came().await?;
    let away = joined.iter().position(|line| line.ends_with(" AWAY :Away"));
    let join = joined.iter().position(|line| line.ends_with(" JOIN #den"));
    ensure!(join.is_some() && join < away, "{joined:?}");
    server.stop().await
}

/// RFC 1459 §4.1.5 OPER: what a password gave ends with that password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m2_an_operators_new_password_ends_what_the_old_one_gave() -> Result<()> {
    const NEW: &str = "another pencil, a longer one";
    let server = server().await?;
    server.add_account("opal", PASSWORD).await?;
    let mut owner = server.wire().await?;
    let who = json!({"name": "owner", "password": PASSWORD});
    owner.ok("sign_in", who).await?;
    owner.appoint("opal").await?;
    let mut thief = Raw::newcomer(&server, "thief", "").await?;
    let opered = thief.ask(&format!("OPER opal :{PASSWORD}")).await?;
    has(&opered, " 381 thief :")?;
    thief.ask("STATS k").await?;
    let mut opal = server.wire().await?;
    let who = json!({"name": "opal", "password": PASSWORD});
    opal.ok("sign_in", who).await?;
    let change = json!({"old": PASSWORD, "new": NEW});
    opal.ok("change_password", change).await?;
    has(&thief.ask("KILL owner :mine").await?, " 481 thief :")?;
    let wrong = thief.ask(&format!("OPER opal :{PASSWORD}")).await?;
    has(&wrong, " 491 thief :")?;
    // Where no password is taken in plain words, this one is not either.
    owner
        .ok("server", json!({"plain_passwords": false}))
        .await?;
    let refused = thief.ask(&format!("OPER opal :{NEW}")).await?;
    ensure!(of(&refused, "381").is_empty(), "{refused:#?}");
    server.stop().await
}

/// RFC 5802 §5.1: the salt says nothing of whether there is such an account.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a2_scram_answers_a_name_that_nobody_has_as_one_that_somebody_has() -> Result<()> {
    async fn salt(server: &TestServer, name: &str) -> Result<String> {
        let mut wire = server.wire().await?;
        let message = format!("n,,n={name},r=abcdefghijklmnop");
        let reply = wire
            .ok("sign_in_scram", json!({"message": message}))
            .await?;
        let message = reply["message"].as_str().context("message")?;
        let salt = message.split(',').find(|part| part.starts_with("s="));
        Ok(salt.context("salt")?.to_owned())
    }
    let server = server().await?;
    server.add_account("ann", PASSWORD).await?;
    let mut ann = server.wire().await?;
    let who = json!({"name": "ann", "password": PASSWORD});
    ann.ok("sign_in", who).await?;
    ann.ok("set_scram", json!({"password": PASSWORD})).await?;
    server.add_account("cat", PASSWORD).await?;
    // With a verifier, without one, and nobody.
    for name in ["ann", "cat", "zed"] {
        let (one, other) = (
            salt(&server, name).await?,
            salt(&server, &name.to_uppercase()).await?,
        );
        ensure!(one == other, "{name}: {one} {other}");
    }
    server.stop().await
}

/// RFC 1459 §4.1.5 OPER, modern.ircdocs.horse KILL and WALLOPS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m2_an_operator_ends_sessions_and_bans_over_irc() -> Result<()> {
    let server = server().await?;
    server.add_account("opal", PASSWORD).await?;
    let mut owner = server.wire().await?;
    let who = json!({"name": "owner", "password": PASSWORD});
    owner.ok("sign_in", who).await?;
    owner.appoint("opal").await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    let bob = Raw::newcomer(&server, "bob", "").await?;
    has(&ann.ask("KILL bob :no").await?, " 481 ann :")?;
    has(&ann.ask("WALLOPS :hi").await?, " 481 ann :")?;
    has(&ann.ask("OPER opal").await?, " 491 ann :")?;
    has(&ann.ask("OPER opal wrong-password").await?, " 491 ann :")?;
    has(&ann.ask("OPER nobody wrong-password").await?, " 491 ann :")?;
    has(&ann.ask("OPER").await?, " 461 ann OPER :")?;
    has(
        &ann.ask(&format!("OPER ann :{PASSWORD}")).await?,
        " 491 ann :",
    )?;
    let opered = ann.ask(&format!("OPER opal :{PASSWORD}")).await?;
    has(&opered, " 381 ann :")?;
    has(&opered, " MODE ann :+o")?;
    has(&ann.ask("WHO ann").await?, " ann H* :")?;
    has(&ann.ask("WHOIS ann").await?, " 313 ann ann :")?;
    has(&ann.ask("LUSERS").await?, " 252 ann 2 :")?;
    ann.ask("MODE ann +w").await?;
    has(&ann.ask("WALLOPS :hi everyone").await?, ":ann!")?;
    has(&ann.ask("REHASH").await?, "SNUG SERVER")?;
    has(&ann.ask("KILL bob :flooding").await?, "bob")?;
    bob.person.closed().await?;
    has(&ann.ask("KLINE 10 bob :and stay away").await?, "bob")?;
    has(
        &ann.ask("STATS k").await?,
        " 216 ann K bob * * :and stay away",
    )?;
    let mut refused = IrcPerson::connect(&server).await?;
    refused.send(&format!("PASS bob:{PASSWORD}")).await?;
    refused.send("NICK bob").await?;
    refused.send("USER b 0 * :b").await?;
    refused.closed().await?;
    ann.ask("UNKLINE bob").await?;
    Raw::sign_in(&server, "bob", "").await?;
    has(&ann.ask("DLINE 192.0.2.0/24 :spam").await?, "192.0.2.0/24")?;
    has(&ann.ask("STATS k").await?, " 216 ann K 192.0.2.0/24 ")?;
    has(&ann.ask("MODE ann -o").await?, " MODE ann :-o")?;
    has(&ann.ask("KILL bob").await?, " 481 ann :")?;
    // M6: done in the operator account's name.
    let audit = owner.ok("audit", json!({"by": "opal"})).await?;
    let actions = audit["entries"].as_array().context("entries")?;
    for wanted in ["kicked", "account_banned", "hailed", "address_banned"] {
        ensure!(
            actions.iter().any(|entry| entry["action"] == wanted),
            "{wanted} is not in {audit}"
        );
    }
    server.stop().await
}

/// `IRCv3` draft/metadata-2 and draft/metadata-3.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metadata_is_set_read_followed_and_bounded() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "draft/metadata-3 batch").await?;
    let mut bob = Raw::newcomer(&server, "bob", "draft/metadata-3 batch").await?;
    let mut cat = Raw::newcomer(&server, "cat", "draft/metadata-2 batch").await?;
    let unset = ann.ask("METADATA * GET display-name avatar").await?;
    assert_eq!(of(&unset, "766").len(), 2, "{unset:?}");
    // Whoever came last may be told of before the answer.
    let subscribed = bob.ask("METADATA * SUB avatar display-name").await?;
    assert!(
        of(&subscribed, "770")
            .iter()
            .any(|line| line.ends_with(" 770 bob avatar display-name")),
        "{subscribed:?}"
    );
    cat.ask("METADATA * SUB display-name").await?;
    for one in [&mut ann, &mut bob, &mut cat] {
        one.ask("JOIN #den").await?;
    }
    let set = ann
        .ask("METADATA * SET display-name :Ann The First")
        .await?;
    assert_eq!(
        of(&set, "761"),
        [":localhost 761 ann ann display-name * :Ann The First"]
    );
    has(
        &bob.came().await?,
        " 761 bob ann display-name * :Ann The First",
    )?;
    has(
        &cat.came().await?,
        " METADATA ann display-name * :Ann The First",
    )?;
    has(
        &bob.ask("WHOIS ann").await?,
        " 760 bob ann display-name * :Ann The First",
    )?;
    has(
        &bob.ask("METADATA ann SET display-name :x").await?,
        " FAIL METADATA KEY_NO_PERMISSION ann display-name :",
    )?;
    has(
        &bob.ask("METADATA #den SET url :x").await?,
        " FAIL METADATA KEY_NO_PERMISSION #den url :",
    )?;
    has(
        &bob.ask("METADATA nobody LIST").await?,
        " FAIL METADATA INVALID_TARGET nobody :",
    )?;
    let long = "abcd".repeat(100);
    has(
        &ann.ask(&format!("METADATA * SET url :{long}")).await?,
        " FAIL METADATA INVALID_VALUE url :",
    )?;
    has(
        &ann.ask("METADATA * SET b@d :x").await?,
        " FAIL METADATA KEY_INVALID b@d :",
    )?;
    ann.ask("METADATA #den SET avatar :https://den.example/a.png")
        .await?;
    has(
        &bob.came().await?,
        " 761 bob #den avatar * :https://den.example/a.png",
    )?;
    let mut dan = Raw::newcomer(&server, "dan", "draft/metadata-3 batch").await?;
    dan.ask("METADATA * SUB display-name avatar").await?;
    let joined = dan.ask("JOIN #den").await?;
    has(&joined, " 761 dan ann display-name * :Ann The First")?;
    has(&joined, " 761 dan #den avatar * :")?;
    has(
        &ann.ask("METADATA * CLEAR").await?,
        " 766 ann ann display-name :",
    )?;
    has(&bob.came().await?, " 766 bob ann display-name :")?;
    has(
        &ann.ask("METADATA * SET display-name").await?,
        " KEY_NOT_SET ",
    )?;
    server.stop().await
}

/// modern.ircdocs.horse: LUSERS, MOTD, VERSION, INFO, TIME, ADMIN, STATS, LINKS, HELP, USERHOST, ISON; errors.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_of_a_server_is_answered() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "batch draft/extended-isupport").await?;
    for (asked, wanted) in [
        (
            "LUSERS",
            " 251 ann :There are 1 users and 0 invisible on 1 servers",
        ),
        ("LUSERS", " 266 ann 1 "),
        ("MOTD", " 422 ann :"),
        ("VERSION", " 351 ann "),
        ("VERSION localhost", " 005 ann "),
        ("INFO", " 374 ann :"),
        ("INFO nowhere.example", " 402 ann nowhere.example :"),
        ("TIME", " 391 ann localhost "),
        ("ADMIN", " 423 ann localhost :"),
        ("STATS u", " 242 ann :Server Up 0 days"),
        ("STATS x", " 219 ann x :"),
        ("STATS", " 461 ann STATS :"),
        ("LINKS", " 365 ann * :"),
        ("HELP", " 704 ann INDEX :"),
        ("HELPOP privmsg", " 706 ann PRIVMSG :"),
        ("HELP NOTHING", " 524 ann NOTHING :"),
        ("USERS", " 446 ann :"),
        ("SUMMON ann", " 445 ann :"),
        ("USERHOST ann", " 302 ann :ann=+"),
        ("ISON ann nobody", " 303 ann :ann"),
        ("ISON", " 461 ann ISON :"),
        ("PING", " 461 ann PING :"),
        ("FROB", " 421 ann FROB :"),
        ("REHASH", " 481 ann :"),
        ("ISUPPORT", " BATCH +"),
        ("MODE ann", " 221 ann +r"),
        ("MODE ann +x", " 501 ann :"),
    ] {
        let lines = ann.ask(asked).await?;
        has(&lines, wanted).with_context(|| asked.to_owned())?;
    }
    ann.ask("AWAY :x").await?;
    has(&ann.ask("USERHOST ann").await?, " 302 ann :ann=-")?;
    server.stop().await
}

/// `IRCv3` bot-mode.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_says_that_it_is_one() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "message-tags").await?;
    let mut bot = Raw::newcomer(&server, "robo", "").await?;
    has(&bot.ask("MODE robo +B").await?, " MODE robo :+B")?;
    has(&ann.ask("WHOIS robo").await?, " 335 ann robo :")?;
    has(&ann.ask("WHO robo").await?, " robo HB :")?;
    bot.ask("PRIVMSG ann :beep boop").await?;
    let told = ann.wait_for("beep boop").await?;
    let tags = told.split(' ').next().unwrap_or_default();
    assert!(tags.split(['@', ';']).any(|tag| tag == "bot"), "{told}");
    server.stop().await
}

/// SILENCE and ACCEPT as other servers have them, friends and blocks (D2, D3, D4), and `SNUG`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_blocks_and_friends_are_made_over_irc() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    let mut bob = Raw::newcomer(&server, "bob", "").await?;
    has(&ann.ask("SILENCE +bob").await?, " SILENCE +bob!*@*")?;
    has(&ann.ask("SILENCE").await?, " 271 ann ann bob!*@*")?;
    has(&bob.ask("PRIVMSG ann :hello").await?, " 531 bob ann :")?;
    has(&ann.ask("SILENCE -bob").await?, " SILENCE -bob!*@*")?;
    assert!(bob.ask("PRIVMSG ann :hello").await?.is_empty());
    ann.came().await?;
    has(&ann.ask("ACCEPT bob").await?, "asked")?;
    has(&bob.came().await?, "ann asks to be your friend")?;
    has(&bob.ask("ACCEPT ann").await?, "friend")?;
    has(&ann.ask("ACCEPT *").await?, " 281 ann :bob")?;
    has(&ann.ask("SNUG FRIENDS").await?, ":bob (here)")?;
    has(&ann.ask("MODE ann +g").await?, " MODE ann :+g")?;
    let mut cat = Raw::newcomer(&server, "cat", "").await?;
    has(&cat.ask("PRIVMSG ann :a stranger").await?, " 531 cat ann :")?;
    // That a friend is here may be told at any moment.
    let sent = bob.ask("PRIVMSG ann :a friend").await?;
    assert!(of(&sent, "531").is_empty(), "{sent:?}");
    has(&ann.ask("PRIVMSG SnugServ :help").await?, "SEARCH <words>")?;
    has(&ann.ask("SNUG BEFRIEND").await?, "HELP lists them")?;
    // Each role is shown its own commands (A6).
    let own = ann.ask("SNUG HELP").await?;
    ensure!(!own.iter().any(|line| line.contains("(owner)")), "{own:#?}");
    has(&ann.ask("SNUG HELP AUDIT").await?, "(owner)")?;
    let mut owner = Raw::sign_in(&server, "owner", "").await?;
    has(&owner.ask("SNUG HELP").await?, "AUDIT [by <nick>]")?;
    has(
        &ann.ask("SNUG FRIEND").await?,
        "That is used so: FRIEND <nick>",
    )?;
    server.stop().await
}

/// R8 and M5 over IRC: searching, and reporting what was said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r8_m5_messages_are_searched_and_reported_over_irc() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    let mut bob = Raw::newcomer(&server, "bob", "").await?;
    ann.ask("JOIN #den").await?;
    bob.ask("JOIN #den").await?;
    bob.ask("PRIVMSG #den :the blue teapot").await?;
    let found = ann.ask("SEARCH teapot").await?;
    let line = found
        .iter()
        .find(|line| line.contains("<bob> the blue teapot"));
    let line = line.with_context(|| format!("{found:?}"))?;
    let number = line.split(' ').nth(7).context("a number")?;
    has(
        &ann.ask(&format!("REPORT #den {number} rude")).await?,
        "was made",
    )?;
    has(
        &ann.ask("SNUG REPORTS mine").await?,
        "the blue teapot (rude)",
    )?;
    has(&bob.ask("REPORT #den").await?, "That is used so: REPORT")?;
    server.stop().await
}

/// A guest of IRC is shown by the user and the real name of USER, and has no account (A9).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_a_guest_is_shown_as_its_client_said() -> Result<()> {
    let server = server().await?;
    let mut owner = server.wire().await?;
    let who = json!({"name": "owner", "password": PASSWORD});
    owner.ok("sign_in", who).await?;
    owner.ok("server", json!({"guests": "on"})).await?;
    let mut guest = Raw {
        person: IrcPerson::connect(&server).await?,
        pings: 0,
    };
    guest.person.send("NICK gus").await?;
    guest.person.send("USER myuser 0 * :Gus The Guest").await?;
    guest.ask("PING welcome").await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    let seen = ann.ask("WHOIS gus").await?;
    has(&seen, " 311 ann gus myuser {cloak} * :Gus The Guest")?;
    assert!(of(&seen, "330").is_empty(), "{seen:?}");
    has(&ann.ask("WHO gus %na").await?, " 354 ann gus 0")?;
    guest.ask("SETNAME :Gus").await?;
    has(&ann.ask("WHOIS gus").await?, " * :Gus")?;
    guest.person.send("QUIT").await?;
    guest.person.closed().await?;
    has(
        &ann.ask("WHOWAS gus").await?,
        " 314 ann gus myuser {cloak} * :Gus",
    )?;
    server.stop().await
}
