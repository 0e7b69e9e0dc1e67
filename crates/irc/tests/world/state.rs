//! What the world remembers, and how it answers.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use snug_proto::*;

/// Pages are small, so that the tests turn them.
const PEOPLE_PAGE: usize = 90;
const ROOMS_PAGE: usize = 4;

pub(super) struct State {
    pub(super) accounts: BTreeMap<String, (AccountId, String)>,
    pub(super) rooms: BTreeMap<String, Room>,
    pub(super) sessions: Vec<Live>,
    /// What accounts go by, by their names.
    pub(super) worn: BTreeMap<String, String>,
    pub(super) next_id: u64,
    pub(super) refuse_with: Option<ErrorCode>,
    /// Somebody else makes the next room just before whoever asks for it.
    pub(super) beaten_to_it: bool,
    /// Who registers must bring this.
    pub(super) code: Option<String>,
    pub(super) people_page: usize,
    pub(super) rooms_page: usize,
    /// Requests that came so far.
    pub(super) requests: usize,
}

impl Default for State {
    fn default() -> Self {
        Self {
            accounts: BTreeMap::new(),
            rooms: BTreeMap::new(),
            sessions: Vec::new(),
            worn: BTreeMap::new(),
            next_id: 0,
            refuse_with: None,
            beaten_to_it: false,
            code: None,
            people_page: PEOPLE_PAGE,
            rooms_page: ROOMS_PAGE,
            requests: 0,
        }
    }
}

pub(super) struct Room {
    pub(super) id: RoomId,
    pub(super) password: Option<String>,
    pub(super) members: BTreeSet<String>,
    pub(super) founder: Option<String>,
    pub(super) events: Vec<Event>,
    /// The two of a direct conversation.
    pub(super) pair: Option<[String; 2]>,
}

#[derive(Default)]
pub(super) struct Live {
    pub(super) account: Option<String>,
    pub(super) outbox: Vec<Arc<Delivery>>,
    pub(super) hold: bool,
    pub(super) held: VecDeque<(Answering, Answer)>,
    pub(super) closed: bool,
}

impl State {
    /// The bytes of an id that no other has.
    pub(super) fn fresh(&mut self) -> [u8; 16] {
        self.next_id += 1;
        u128::from(self.next_id).to_be_bytes()
    }

    pub(super) fn add_room(
        &mut self,
        name: &str,
        members: BTreeSet<String>,
        founder: Option<String>,
        password: Option<&str>,
    ) -> RoomId {
        let id = RoomId::from_bytes(self.fresh());
        let room = Room {
            id,
            password: password.map(str::to_owned),
            members,
            founder,
            events: Vec::new(),
            pair: None,
        };
        self.rooms.insert(name.to_owned(), room);
        id
    }

    pub(super) fn answer(&mut self, index: usize, request: Request) -> Answer {
        self.requests += 1;
        if let (Some(code), false) = (
            self.refuse_with,
            matches!(
                request,
                Request::SignIn(_) | Request::Ping(_) | Request::Who(_) | Request::Whois(_)
            ),
        ) {
            return Err(code.into());
        }
        if let Request::SignIn(sign_in) = request {
            return self.sign_in(index, &sign_in);
        }
        if let Request::Register(register) = request {
            return self.register(index, register);
        }
        if let Request::ComeAsGuest(_) = request {
            // This world takes no guests.
            return Err(ErrorCode::Forbidden.into());
        }
        let Some(me) = self.sessions[index].account.clone() else {
            return Err(ErrorCode::NotSignedIn.into());
        };
        match request {
            Request::Ping(_) => Ok(Done {}.into()),
            Request::Me(_) => Ok(myself(&me).into()),
            Request::Wear(wear) => self.wear(index, &me, wear),
            Request::ChangePassword(change) => self.change_password(&me, &change),
            Request::Quit(_) => {
                self.sessions[index].closed = true;
                Ok(Done {}.into())
            }
            Request::Join(join) => self.join(&me, &join),
            Request::CreateRoom(create) => self.create(&me, &create),
            Request::Leave(leave) => self.leave(&me, &leave),
            Request::Send(send) => self.send(&me, send),
            Request::Read(read) => self.read(&me, &read),
            Request::Who(who) => self.who(&who),
            Request::Whois(whois) => self.whois(&whois),
            Request::Counts(_) => Ok(self.counts().into()),
            Request::AboutRoom(about) => {
                let name = self.room_name(&about.room, &me)?;
                Ok(RoomAbout {
                    entry: self.entry(&name, &me),
                    founder: self.rooms[&name].founder.clone(),
                    founder_id: None,
                    groups: Vec::new(),
                    topic_by: None,
                }
                .into())
            }
            Request::Masks(masks) => {
                self.room_name(&masks.room, &me)?;
                Ok(MaskList { masks: Vec::new() }.into())
            }
            Request::SetRoom(SetRoom { room, .. }) | Request::SetMask(SetMask { room, .. }) => {
                self.room_name(&room, &me)?;
                Err(ErrorCode::Forbidden.into())
            }
            Request::Rooms(rooms) => {
                let (rooms, more) = self.entries(&me, rooms.mine, rooms.after);
                Ok(RoomList {
                    rooms,
                    now: None,
                    more,
                }
                .into())
            }
            _ => Err(ErrorCode::UnknownRequest.into()),
        }
    }

    fn register(&mut self, index: usize, register: Register) -> Answer {
        let code = register.code.as_ref().map(Secret::expose);
        if let (Some(needed), code) = (&self.code, code)
            && code != Some(needed)
        {
            return Err(ErrorCode::CodeNeeded.into());
        }
        if self.accounts.contains_key(&register.name) {
            return Err(ErrorCode::NameTaken.into());
        }
        let id = AccountId::from_bytes(self.fresh());
        let account = (id, register.password.expose().to_owned());
        self.accounts.insert(register.name.clone(), account);
        if let Some(lobby) = self.rooms.get_mut("lobby") {
            lobby.members.insert(register.name.clone());
        }
        let sign_in = SignIn {
            name: register.name,
            password: register.password,
            device: None,
            code: None,
        };
        self.sign_in(index, &sign_in)
    }

    fn change_password(&mut self, me: &str, change: &ChangePassword) -> Answer {
        let Some((_, password)) = self.accounts.get_mut(me) else {
            return Err(ErrorCode::Internal.into());
        };
        if password != change.old.expose() {
            return Err(ErrorCode::BadCredentials.into());
        }
        change.new.expose().clone_into(password);
        Ok(Done {}.into())
    }

    fn sign_in(&mut self, index: usize, sign_in: &SignIn) -> Answer {
        let Some((account, _)) = self
            .accounts
            .get(&sign_in.name)
            .filter(|(_, password)| password == sign_in.password.expose())
        else {
            return Err(ErrorCode::BadCredentials.into());
        };
        let account = *account;
        self.sessions[index].account = Some(sign_in.name.clone());
        let shared: Vec<_> = self
            .rooms
            .iter()
            .filter(|(_, room)| room.pair.is_none() && room.members.contains(&sign_in.name))
            .map(|(name, room)| (name.clone(), room.id))
            .collect();
        for (room, room_id) in shared {
            let event = Event::Presence(Presence {
                room: room.clone(),
                room_id,
                subject: self.subject(&sign_in.name),
                online: true,
                reason: None,
            });
            self.fan_out(&room, |_| event.clone());
        }
        let (rooms, more) = self.entries(&sign_in.name, true, None);
        Ok(SignedIn {
            account,
            name: sign_in.name.clone(),
            worn: self.worn_by(&sign_in.name),
            role: Role::Member,
            session: Some("token".into()),
            device: None,
            rooms,
            more,
        }
        .into())
    }

    fn join(&mut self, me: &str, join: &Join) -> Answer {
        let name = self.room_name(&join.room, me)?;
        let Some(room) = self.rooms.get(&name) else {
            return Err(ErrorCode::UnknownRoom.into());
        };
        let given = join.password.as_ref().map(Secret::expose);
        if !room.members.contains(me) {
            match (&room.password, given) {
                (Some(_), None) => return Err(ErrorCode::PasswordNeeded.into()),
                (Some(right), Some(given)) if right != given => {
                    return Err(ErrorCode::WrongPassword.into());
                }
                _ => self.enter(me, &name),
            }
        }
        Ok(Entered {
            entry: self.entry(&name, me),
        }
        .into())
    }

    fn create(&mut self, me: &str, create: &CreateRoom) -> Answer {
        let Ok(name) = RoomName::parse(&create.room) else {
            return Err(ErrorCode::BadName.into());
        };
        if std::mem::take(&mut self.beaten_to_it) {
            let members = BTreeSet::from(["another".to_owned()]);
            self.add_room(name.as_str(), members, None, None);
            return Err(ErrorCode::NameTaken.into());
        }
        let password = create.password.as_ref().map(Secret::expose);
        self.add_room(
            name.as_str(),
            BTreeSet::new(),
            Some(me.to_owned()),
            password,
        );
        self.enter(me, name.as_str());
        Ok(Entered {
            entry: self.entry(name.as_str(), me),
        }
        .into())
    }

    fn leave(&mut self, me: &str, leave: &Leave) -> Answer {
        let name = self.room_name(&leave.room, me)?;
        if name == "lobby" {
            return Err(ErrorCode::Forbidden.into());
        }
        if !self
            .rooms
            .get(&name)
            .is_some_and(|room| room.members.contains(me))
        {
            return Err(ErrorCode::NotAMember.into());
        }
        let subject = self.subject(me);
        self.append(&name, |place| {
            Event::Left(Membership {
                place,
                subject,
                quit: false,
                reason: None,
            })
        });
        if let Some(room) = self.rooms.get_mut(&name) {
            room.members.remove(me);
        }
        Ok(Done {}.into())
    }

    fn send(&mut self, me: &str, send: Send) -> Answer {
        let body = Body::parse(send.body)?.into_string();
        let name = match (&send.room, &send.to) {
            (Some(room), _) => self.room_name(room, me)?,
            (_, Some(PersonRef::Name(person))) => {
                let person = self.who_is(person).ok_or(ErrorCode::UnknownPerson)?;
                self.direct(me, &person)?
            }
            _ => return Err(ErrorCode::BadRequest.into()),
        };
        let member = self.rooms.get(&name).map(|room| room.members.contains(me));
        match member {
            None => return Err(ErrorCode::UnknownRoom.into()),
            Some(false) => return Err(ErrorCode::NotAMember.into()),
            Some(true) => {}
        }
        let author = self.author(me);
        let manner = send.manner.clone();
        let seq = self.append(&name, |place| {
            Event::Message(Message {
                manner,
                place,
                author,
                body,
                deleted: false,
                reply_to: None,
                quote: None,
                mentions: Vec::new(),
            })
        });
        Ok(Sent {
            room: name.clone(),
            room_id: self.rooms[&name].id,
            seq,
            at: Timestamp::from_ms(seq * 1000),
            away: None,
        }
        .into())
    }

    fn read(&mut self, me: &str, read: &Read) -> Answer {
        let name = self.room_name(&read.room, me)?;
        let room = &self.rooms[&name];
        let below = read.before.unwrap_or(u64::MAX);
        let limit = read.limit.unwrap_or(100) as usize;
        let seq = |event: &Event| event.place().map_or(0, |place| place.seq);
        let mut events: Vec<_> = room
            .events
            .iter()
            .filter(|event| seq(event) < below)
            .cloned()
            .collect();
        let first = events.len().saturating_sub(limit);
        events.drain(..first);
        let events = events
            .into_iter()
            .map(|event| seen_by(event, room, me))
            .collect();
        Ok(Page {
            events,
            first: 1,
            seq: room.events.len() as u64,
            log: LogId::from_bytes([1; 16]),
            more: first > 0,
        }
        .into())
    }

    fn who(&mut self, who: &Who) -> Answer {
        let names: Vec<String> = match &who.room {
            Some(room) => {
                let name = self.room_name(room, "")?;
                self.rooms[&name].members.iter().cloned().collect()
            }
            None => self.accounts.keys().cloned().collect(),
        };
        let founder = who.room.as_ref().and_then(|room| {
            let name = self.room_name(room, "").ok()?;
            self.rooms[&name].founder.clone()
        });
        let mut people: Vec<PersonEntry> = names
            .into_iter()
            .map(|name| PersonEntry {
                account: self.accounts[&name].0,
                display: None,
                worn: self.worn_by(&name),
                online: self.online(&name),
                away: None,
                bot: false,
                user: None,
                role: Role::Member,
                vip: false,
                founder: founder.as_ref() == Some(&name),
                admin: false,
                voiced: false,
                muted: false,
                labels: Vec::new(),
                name,
            })
            .filter(|person| who.room.is_some() || person.online)
            .filter(|person| {
                let mut asked = who.people.iter();
                who.people.is_empty() || asked.any(|of| *of == person.name || of == person.called())
            })
            .collect();
        let online = people.iter().filter(|person| person.online).count() as u64;
        people.retain(|person| who.after.as_ref().is_none_or(|after| person.name > *after));
        let more = people.len() > self.people_page;
        people.truncate(self.people_page);
        Ok(People {
            people,
            online,
            more,
        }
        .into())
    }

    fn whois(&mut self, whois: &Whois) -> Answer {
        let name = whois.person.to_string();
        let list = self.who(&Who {
            people: vec![name.clone()],
            ..Who::default()
        })?;
        let People { people, .. } = People::try_from(list).unwrap();
        let entry = people.into_iter().next();
        Ok(Card {
            entry: entry.ok_or(ErrorCode::UnknownPerson)?,
            since: Some(Timestamp::from_ms(1000)),
            idle_ms: Some(5000),
            address: None,
            secure: true,
            rooms: Vec::new(),
        }
        .into())
    }

    fn counts(&self) -> Counted {
        let online = self
            .accounts
            .keys()
            .filter(|name| self.online(name))
            .count() as u64;
        Counted {
            online,
            most: online,
            operators: 0,
            unknown: 0,
            rooms: self.rooms.len() as u64,
            started_at: Timestamp::from_ms(0),
            now: Timestamp::from_ms(90_061_000),
        }
    }

    pub(super) fn enter(&mut self, me: &str, name: &str) {
        if let Some(room) = self.rooms.get_mut(name) {
            room.members.insert(me.to_owned());
        }
        let subject = self.subject(me);
        self.append(name, |place| {
            Event::Joined(Membership {
                place,
                subject,
                quit: false,
                reason: None,
            })
        });
    }

    fn direct(&mut self, me: &str, person: &str) -> Result<String, Refusal> {
        let person = &person.to_lowercase();
        if !self.accounts.contains_key(person) {
            return Err(ErrorCode::UnknownPerson.into());
        }
        let mut pair = [me.to_owned(), person.to_owned()];
        pair.sort();
        let name = format!("@{}+{}", pair[0], pair[1]);
        if !self.rooms.contains_key(&name) {
            self.add_room(&name, pair.iter().cloned().collect(), None, None);
            if let Some(room) = self.rooms.get_mut(&name) {
                room.pair = Some(pair.clone());
            }
            for reader in &pair {
                let entry = self.entry(&name, reader);
                let added = Arc::new(Delivery::new(Event::RoomAdded(RoomAdded {
                    entry: Box::new(entry),
                })));
                for session in &mut self.sessions {
                    if session.account.as_ref() == Some(reader) {
                        session.outbox.push(added.clone());
                    }
                }
            }
        }
        Ok(name)
    }

    pub(super) fn append(&mut self, name: &str, event: impl FnOnce(Place) -> Event) -> u64 {
        let room = self.rooms.get_mut(name).unwrap();
        let seq = room.events.len() as u64 + 1;
        let place = Place {
            room: name.to_owned(),
            room_id: room.id,
            seq,
            at: Timestamp::from_ms(seq * 1000),
            direct: room.pair.is_some(),
        };
        let event = event(place);
        room.events.push(event.clone());
        let room = &self.rooms[name];
        let seen: BTreeMap<String, Arc<Delivery>> = room
            .members
            .iter()
            .map(|reader| {
                let event = seen_by(event.clone(), room, reader);
                (reader.clone(), Arc::new(Delivery::new(event)))
            })
            .collect();
        for session in &mut self.sessions {
            if let Some(delivery) = session.account.as_ref().and_then(|name| seen.get(name)) {
                session.outbox.push(delivery.clone());
            }
        }
        seq
    }

    fn fan_out(&mut self, name: &str, event: impl Fn(&str) -> Event) {
        let members = self.rooms[name].members.clone();
        for session in &mut self.sessions {
            if let Some(reader) = session
                .account
                .as_ref()
                .filter(|name| members.contains(*name))
            {
                session.outbox.push(Arc::new(Delivery::new(event(reader))));
            }
        }
    }

    /// A page of rooms, by name.
    fn entries(&self, me: &str, mine: bool, after: Option<RoomId>) -> (Vec<RoomEntry>, bool) {
        let names = self.rooms.iter().filter(|(_, room)| {
            let listed = !mine && room.pair.is_none();
            listed || room.members.contains(me)
        });
        let rest = names.skip_while(|(_, room)| after.is_some_and(|after| room.id != after));
        let mut rooms: Vec<_> = rest
            .skip(usize::from(after.is_some()))
            .map(|(name, _)| self.entry(name, me))
            .collect();
        let more = rooms.len() > self.rooms_page;
        rooms.truncate(self.rooms_page);
        (rooms, more)
    }

    fn entry(&self, name: &str, me: &str) -> RoomEntry {
        let room = &self.rooms[name];
        let other = room.pair.as_ref().map(|[a, b]| if a == me { b } else { a });
        RoomEntry {
            last_at: None,
            room: other.map_or_else(|| name.to_owned(), |other| format!("@{other}")),
            room_id: room.id,
            member: room.members.contains(me),
            direct: room.pair.is_some(),
            worn: other.and_then(|other| self.worn_by(other)),
            password: room.password.is_some(),
            invitation: false,
            hidden: false,
            archived: false,
            invited: false,
            admitted: false,
            role: None,
            topic: None,
            retention: snug_proto::Retention::Forever,
            slow_mode_ms: None,
            moderated: false,
            open_topic: false,
            outside: false,
            quiet_guests: false,
            quiet_machines: false,
            limit: None,
            created_at: Some(Timestamp::from_ms(5000)),
            topic_at: None,
            history: HistoryPolicy::All,
            members: (name != "lobby").then_some(room.members.len() as u64),
            log: Some(LogId::from_bytes([1; 16])),
            seq: Some(room.events.len() as u64),
            read: Some(0),
            unread: Some(room.events.len() as u64),
            mentions: 0,
        }
    }

    fn room_name(&self, room: &RoomRef, me: &str) -> Result<String, Refusal> {
        let found = match room {
            RoomRef::Name(name) => RoomName::parse(name)
                .map_err(|_| ErrorCode::UnknownRoom)
                .map(|name| name.as_str().to_owned())
                .ok()
                .filter(|name| self.rooms.contains_key(name)),
            RoomRef::Id(id) => self
                .rooms
                .iter()
                .find(|(_, room)| room.id == *id)
                .map(|(name, _)| name.clone()),
            RoomRef::Direct(_) => None,
        };
        let _ = me;
        found.ok_or_else(|| ErrorCode::UnknownRoom.into())
    }

    fn online(&self, name: &str) -> bool {
        self.sessions
            .iter()
            .any(|session| !session.closed && session.account.as_deref() == Some(name))
    }

    pub(super) fn author(&self, name: &str) -> Author {
        Author {
            from: name.to_owned(),
            from_id: self.accounts[name].0,
            from_display: None,
            from_worn: self.worn_by(name),
            bot: false,
            from_guest: false,
        }
    }

    pub(super) fn subject(&self, name: &str) -> Subject {
        Subject {
            name: name.to_owned(),
            account: self.accounts[name].0,
            display: None,
            worn: self.worn_by(name),
            guest: false,
        }
    }
}

/// A direct conversation is called after the other person.
fn seen_by(mut event: Event, room: &Room, reader: &str) -> Event {
    if let Some([a, b]) = &room.pair {
        let other = if a == reader { b } else { a };
        let name = format!("@{other}");
        match &mut event {
            Event::Message(message) => message.place.room = name,
            Event::Edited(edited) => edited.place.room = name,
            Event::Deleted(deleted) => deleted.place.room = name,
            _ => {}
        }
    }
    event
}

/// What `me` answers: nothing of it changes here.
fn myself(name: &str) -> snug_proto::Myself {
    snug_proto::Myself {
        account: AccountId::from_bytes([0; 16]),
        name: name.to_owned(),
        display: None,
        role: snug_proto::Role::Member,
        strangers: true,
        no_guests: false,
        recovery_codes: None,
        bot: false,
        away: None,
    }
}
