//! Making an account: who may, with which code, under which name (A1, A6, DECISIONS 13, 18).

use std::sync::{Arc, atomic::Ordering};

use rand::rngs::OsRng;
use snug_auth::{
    Record, code_hash, may_be_password, register_finish, register_plain, register_start, verify_tag,
};
use snug_proto::{
    AccountId, AccountName, AuditAction, ErrorCode, OpaqueReply, Refusal, Register, RegisterFinish,
    RegisterStart, Registration, Response, Role, Secret,
};
use snug_rules::{Admission, CodeCheck, Listed, invite_of, is_a_service, may_register};
use snug_store::{Account, NewAccount, NewAudit, RosterReads, RosterWrites, StoreError};

use crate::{
    engine::Engine,
    handle::sign_in::{ACCESS_CODE, Exchange, Proof, begin, take_begun},
    lock::read,
    person::{is_worn, refusal},
    plain::Lane,
    session::Core,
};

/// Has somebody a name?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Yes,
    /// By a guest, while that one is here.
    ForNow,
    No,
}

/// Why an account was not made.
enum NotMade {
    /// There is an owner already.
    OwnerExists,
    /// Somebody else was first with the invite.
    InviteUsed,
    /// The store says no.
    Failed(StoreError),
}

impl From<StoreError> for NotMade {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// Wrong codes, in all, that void the owner's first code (DECISIONS 18).
const MAX_WRONG_OWNER_CODES: usize = 100;
/// When one may ask again for a name that a guest has, in milliseconds.
const GUEST_NAME_RETRY_MS: u64 = 60_000;
/// What one is told who is not on the roster.
const NOT_LISTED: &str = "Only the members on this server's list may register here, by their member id \
                          as the name.";
impl Engine {
    pub(crate) async fn register(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: Register,
    ) -> Result<Response, Refusal> {
        if let Some(guest) = self.guest_of(core) {
            let settling = self.settle_guest(core, guest, request);
            return self.counting_codes(core, settling).await;
        }
        let Register {
            name,
            password,
            code,
        } = request;
        if core.signed_in().is_some() {
            return Err(ErrorCode::AlreadySignedIn.into());
        }
        let name = self.may_take_name(core, &name, code.as_ref()).await?;
        if !read(&self.settings).rules.plain_passwords {
            return Err(ErrorCode::PlainPasswordsOff.into());
        }
        let id = AccountId::from_bytes(Self::random_id());
        let record = self
            .record_of(core, (id, name.shown()), password.clone())
            .await?;
        let proved = record.as_bytes().to_vec();
        let admitted = self.admit(core, id, name, record, code).await?;
        if self.config.scram_for_new_accounts {
            let from = core.origin.address;
            self.give_scram(from, id, proved, password).await?;
        }
        Ok(admitted)
    }

    pub(crate) async fn register_start(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: RegisterStart,
    ) -> Result<Response, Refusal> {
        let RegisterStart { name, code, opaque } = request;
        if core.signed_in().is_some() {
            return Err(ErrorCode::AlreadySignedIn.into());
        }
        let name = self.may_take_name(core, &name, code.as_ref()).await?;
        let id = AccountId::from_bytes(Self::random_id());
        let from = core.origin.address;
        let reply = self.opaque.run(Lane::Strangers, from, move |keys| {
            register_start(keys, id.into(), &opaque.0)
        });
        let reply = reply.await?.map_err(|_| ErrorCode::BadRequest)?;
        begin(core, Exchange::Registration { name, id, code });
        let argon2 = self.config.argon2;
        Ok(OpaqueReply {
            opaque: snug_proto::Blob(reply),
            argon2,
        }
        .into())
    }

    pub(crate) async fn register_finish(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: RegisterFinish,
    ) -> Result<Response, Refusal> {
        let Some(Exchange::Registration { name, id, code }) = take_begun(core) else {
            return Err(ErrorCode::SignInExpired.into());
        };
        if request.argon2 != self.config.argon2 {
            return Err(ErrorCode::WeakParameters.into());
        }
        let record = register_finish(&request.opaque.0).map_err(|_| ErrorCode::BadRequest)?;
        self.admit(core, id, name, record, code).await
    }

    /// May somebody with this code take this name? The name is spoken of only after the code proved good
    /// (DECISIONS 13).
    pub(crate) async fn may_take_name(
        &self,
        core: &Core,
        name: &str,
        word: Option<&Secret>,
    ) -> Result<AccountName, Refusal> {
        match self.may_register_name(core, name, word).await? {
            (_, Taken::Yes) => Err(ErrorCode::NameTaken.into()),
            (_, Taken::ForNow) => {
                let text = "Somebody goes by that name at the moment. Choose another, or wait.";
                let refusal = Refusal::with_text(ErrorCode::NameTaken, text);
                Err(refusal.retry_after_ms(GUEST_NAME_RETRY_MS))
            }
            (name, Taken::No) => Ok(name),
        }
    }

    /// May somebody with this code register by this name, and has somebody taken it?
    pub(crate) async fn may_register_name(
        &self,
        core: &Core,
        name: &str,
        word: Option<&Secret>,
    ) -> Result<(AccountName, Taken), Refusal> {
        self.bans.check_address(core, Role::Member, self.now())?;
        let check = self.check_code(word).await?;
        let parsed = AccountName::parse(name);
        let wanted = parsed.as_ref().ok().cloned();
        let found = self.storage.read(move |reader| {
            let Some(name) = wanted else {
                return Ok((None, Taken::No));
            };
            let listed = RosterReads::listed(reader, &name)?;
            let mut taken = reader.account_called(&name.skeleton())?;
            if let (None, Some(look)) = (&taken, name.look()) {
                taken = reader.account_called(&look)?;
            }
            let taken = taken.map_or(Taken::No, |account| match account.role {
                Role::Guest => Taken::ForNow,
                // It goes by that name, and only while it is here.
                _ if is_worn(&account, &name) => Taken::ForNow,
                Role::Member | Role::Moderator | Role::Owner => Taken::Yes,
            });
            Ok((listed, taken))
        });
        let (listed, taken) = found.await.map_err(refusal)?;
        self.may_come(check, listed.is_some())?;
        self.may_make(core, check)?;
        let name = parsed.map_err(|_| ErrorCode::BadName)?;
        let taken = if is_a_service(&name) {
            Taken::Yes
        } else {
            taken
        };
        Ok((name, taken))
    }

    /// How somebody with this code comes to have an account of this name.
    pub(crate) async fn admission(
        &self,
        name: &AccountName,
        word: Option<&Secret>,
    ) -> Result<(Admission, CodeCheck), Refusal> {
        let check = self.check_code(word).await?;
        let wanted = name.clone();
        let listed = self
            .storage
            .read(move |reader| RosterReads::listed(reader, &wanted))
            .await
            .map_err(refusal)?;
        Ok((self.may_come(check, listed.is_some())?, check))
    }

    /// May one with this code come in by a name that is on the roster, or not?
    fn may_come(&self, check: CodeCheck, listed: bool) -> Result<Admission, Refusal> {
        let listed = if listed { Listed::Yes } else { Listed::No };
        let rules = read(&self.settings).rules;
        may_register(&rules, check, listed).map_err(|code| match (rules.registration, code) {
            (Registration::Roster, ErrorCode::Forbidden) => Refusal::with_text(code, NOT_LISTED),
            _ => code.into(),
        })
    }

    async fn check_code(&self, code: Option<&Secret>) -> Result<CodeCheck, Refusal> {
        let Some(code) = code else {
            return Ok(CodeCheck::Absent);
        };
        let hash = code_hash(self.keys(), code.expose());
        let now = self.now();
        let settings = read(&self.settings).clone();
        if let Some((owner, until)) = settings.owner_code
            && now < until
            && self.wrong_owner_codes.load(Ordering::Relaxed) < MAX_WRONG_OWNER_CODES
            && owner == hash
        {
            return Ok(CodeCheck::Owner);
        }
        let access = settings.access_code_tag;
        if access.is_some_and(|tag| verify_tag(self.keys(), ACCESS_CODE, code.expose(), &tag)) {
            return Ok(CodeCheck::Access);
        }
        let good = self.storage.read(move |reader| {
            let good = reader.invite_is_good(&hash, now)?;
            Ok(good.then_some(reader.inviter(&hash)?))
        });
        match good.await.map_err(refusal)? {
            Some(Some((role, since))) => {
                return Ok(invite_of(role, now.ms().saturating_sub(since.ms())));
            }
            Some(None) => return Ok(CodeCheck::Invite),
            None => {}
        }
        self.wrong_owner_codes.fetch_add(1, Ordering::Relaxed);
        Ok(CodeCheck::Wrong)
    }

    /// The record of a plain password, hashed on the threads for it.
    pub(crate) async fn record_of(
        &self,
        core: &Core,
        whose: (AccountId, &str),
        password: Secret,
    ) -> Result<Record, Refusal> {
        self.record_for(core.origin.address, whose, password).await
    }

    /// The record of a plain password that came from this address.
    pub(crate) async fn record_for(
        &self,
        from: Option<std::net::IpAddr>,
        (id, name): (AccountId, &str),
        password: Secret,
    ) -> Result<Record, Refusal> {
        may_be_password(password.expose(), name, self.config.min_password_chars)?;
        let argon2 = self.config.argon2;
        let made = self.plain.run(Lane::Strangers, from, move |keys| {
            register_plain(keys, id.into(), password.expose(), argon2, &mut OsRng)
        });
        made.await?.map_err(|_| ErrorCode::Internal.into())
    }

    /// Makes the account and signs it in. Code, name and owner are checked once more where it counts: in
    /// the transaction.
    async fn admit(
        self: &Arc<Self>,
        core: &Arc<Core>,
        id: AccountId,
        name: AccountName,
        record: Record,
        word: Option<Secret>,
    ) -> Result<Response, Refusal> {
        let (admission, check) = self.admission(&name, word.as_ref()).await?;
        let making = self.begin_making(core, check)?;
        let role = if admission == Admission::AsOwner {
            Role::Owner
        } else {
            Role::Member
        };
        let hash = word
            .as_ref()
            .map(|code| code_hash(self.keys(), code.expose()));
        let invite = if admission == Admission::ByInvite {
            hash
        } else {
            None
        };
        let audit = (role == Role::Owner)
            .then(|| NewAudit::new(self.now(), Some(id), AuditAction::OwnerClaimed).about(id));
        let account = self
            .make_account(id, &name, record, role, invite, audit)
            .await?;
        making.made();
        if admission == Admission::AsOwner {
            self.change_settings(|settings| settings.owner_code = None, None)
                .await?;
        }
        tracing::info!(account.id = %id, account.role = ?role, "an account was made");
        self.welcome(core, account, Proof::Password { coded: false })
            .await
    }

    /// Makes an account, using up the invite it came by; with the audit log's entry about it.
    pub(crate) async fn make_account(
        &self,
        id: AccountId,
        name: &AccountName,
        record: Record,
        role: Role,
        invite: Option<[u8; 32]>,
        audit: Option<NewAudit>,
    ) -> Result<Account, Refusal> {
        let now = self.now();
        let account = Account {
            id,
            name: name.shown().to_owned(),
            display: None,
            role,
            record: record.as_bytes().to_vec(),
            argon2: self.config.argon2,
            rules: 1,
            strangers: true,
            no_guests: false,
            vip_until: None,
            bot: false,
            second_factor: false,
            worn: None,
            created_at: now,
        };
        let new = NewAccount {
            account,
            skeleton: name.skeleton(),
        };
        let lobby = self.lobby();
        let by_roster = read(&self.settings).rules.registration == Registration::Roster;
        let wanted = name.clone();
        let written = self.storage.write(move |transaction| {
            let mut new = new;
            if by_roster {
                new.account.display = RosterWrites::listed(transaction, &wanted)?;
            }
            if role == Role::Owner && transaction.has_owner()? {
                return Err(NotMade::OwnerExists);
            }
            transaction.create_account(&new)?;
            if let Some(hash) = invite
                && !transaction.use_invite(&hash, &id, now)?
            {
                return Err(NotMade::InviteUsed);
            }
            // What was said before one came is not unread.
            transaction.mark(&lobby, &id, u64::MAX)?;
            if let Some(audit) = audit {
                transaction.audit(&audit)?;
            }
            Ok(new.account)
        });
        match written.await {
            Ok(account) => {
                self.room(lobby).state().mark_in_memory(id, u64::MAX);
                Ok(account)
            }
            Err(NotMade::OwnerExists | NotMade::InviteUsed) => Err(ErrorCode::BadCode.into()),
            Err(NotMade::Failed(StoreError::Taken)) => Err(ErrorCode::NameTaken.into()),
            Err(NotMade::Failed(error)) => Err(refusal(error)),
        }
    }
}
