//! Other ways to sign in: by a certificate, which is kept as an app token is, and by SCRAM-SHA-256.

use std::{net::IpAddr, sync::Arc};

use rand::rngs::OsRng;
use snug_auth::{ScramExchange, ScramFirst, ScramVerifier, password_tag};
use snug_proto::{
    AccountId, AccountName, AddCertificate, Done, ErrorCode, Refusal, Response, Scope, ScramReply,
    Secret, SetScram, SignInCertificate, SignInScram, folded_name, limits::MAX_PASSWORD_BYTES,
};
use snug_store::{Account, ScramReads, ScramRow, ScramWrites};

use crate::{
    engine::Engine,
    guess::{Attempt, Brought},
    handle::sign_in::{Exchange, Proof, Tried, begin, take_begun},
    lock::read,
    person::refusal,
    plain::Lane,
    session::{Core, SignedInAs},
};

/// An exchange between the server's first message and the client's final one.
pub(crate) struct ScramBegun {
    exchange: ScramExchange,
    /// Nobody's where the account has no verifier.
    tried: Tried,
}

/// A proof that held, until the client has checked the server's.
pub(crate) struct ScramProved {
    account: Account,
    attempt: Attempt,
}

/// Why a certificate alone signs nobody in.
const NOBODY: &str = "This certificate lets nobody in by itself. If you have added its fingerprint, have your client \
    name your account (SASL's authorization identity): once is enough. If not, add it: sign in otherwise while your \
    client shows it, and say CERT ADD LABEL to NickServ.";
/// Why it does not sign in to an account, whether or not there is one of that name.
const NOT_THAT_ACCOUNT: &str = "This certificate does not let you in to an account of that name. Add it there: sign \
    in otherwise while your client shows it, and say CERT ADD LABEL to NickServ.";

impl Engine {
    /// Keeps a certificate as an app token that is found by it. Fingerprints are no secret: one that was only said is
    /// kept for this account alone, and lets in who names it. Without a name lets in what somebody who held the key
    /// connected with and added, or signed in by: so nobody lays hold of what is another's.
    pub(crate) async fn add_certificate(
        &self,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: AddCertificate,
    ) -> Result<Response, Refusal> {
        self.needs_code(core, who).await?;
        let AddCertificate {
            label,
            certificate,
            scope,
        } = request;
        let fingerprint = match certificate {
            Some(text) => fingerprint(&text),
            None => core.origin.certificate,
        };
        let Some(fingerprint) = fingerprint else {
            let text =
                "Give the SHA-256 of the certificate, 64 hexadecimal digits, or connect with it.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        };
        let me = who.person.id;
        let held = core.origin.certificate == Some(fingerprint);
        let (bare, own) = (
            self.certificate_hash(&fingerprint),
            self.certificate_hash_of(me, &fingerprint),
        );
        let had = self
            .storage
            .read(move |reader| Ok((reader.token_by_hash(&bare)?, reader.token_by_hash(&own)?)))
            .await;
        let (by_itself, named) = had.map_err(refusal)?;
        if named.is_some() || by_itself.as_ref().is_some_and(|of| of.account == me) {
            let text = "This certificate lets you in already.";
            return Err(Refusal::with_text(ErrorCode::NameTaken, text));
        }
        let hash = if held && by_itself.is_none() {
            bare
        } else {
            own
        };
        let scope = scope.unwrap_or(Scope::Irc);
        self.keep_token(who, &label, scope, hash).await?;
        Ok(Done {}.into())
    }

    pub(crate) async fn sign_in_certificate(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: SignInCertificate,
    ) -> Result<Response, Refusal> {
        if core.signed_in().is_some() {
            return Err(ErrorCode::AlreadySignedIn.into());
        }
        let Some(fingerprint) = core.origin.certificate else {
            return Err(self.wrong_credentials(core));
        };
        let named = match request.name.as_deref().map(AccountName::parse) {
            None => None,
            Some(Err(_)) => return Err(self.not_by_certificate(core, NOT_THAT_ACCOUNT)),
            Some(Ok(name)) => match self.account_of_name(name).await? {
                None => return Err(self.not_by_certificate(core, NOT_THAT_ACCOUNT)),
                named => named,
            },
        };
        let bare = self.certificate_hash(&fingerprint);
        let own = named.map(|account| (account, self.certificate_hash_of(account, &fingerprint)));
        let found = self.storage.read(move |reader| {
            let by_itself = reader.token_by_hash(&bare)?;
            let by_name = match &own {
                Some((_, own)) => reader.token_by_hash(own)?,
                None => None,
            };
            // Its key is held and the account said: from now on it lets in by itself, if it lets in nobody else.
            let is_shown = by_name.is_some() && by_itself.is_none();
            let of = own.map(|(account, _)| account);
            let by_itself = by_itself.filter(|token| of.is_none_or(|of| of == token.account));
            let Some(token) = by_name.or(by_itself) else {
                return Ok(None);
            };
            let account = reader.account(&token.account)?;
            Ok(account.map(|account| (token, account, is_shown)))
        });
        let Some((token, account, is_shown)) = found.await.map_err(refusal)? else {
            let why = own.map_or(NOBODY, |_| NOT_THAT_ACCOUNT);
            return Err(self.not_by_certificate(core, why));
        };
        let id = token.id;
        let proof = Proof::App {
            token: id,
            scope: token.scope,
        };
        let welcome = self.welcome(core, account, proof).await?;
        if is_shown {
            let kept = self
                .storage
                .write(move |transaction| transaction.find_token_by(&id, &bare));
            if let Err(error) = kept.await {
                tracing::warn!(error = %error, "a certificate goes on to want the account's name");
            }
        }
        Ok(welcome)
    }

    fn not_by_certificate(&self, core: &Core, why: &str) -> Refusal {
        let Refusal { code, .. } = self.wrong_credentials(core);
        Refusal::with_text(code, why)
    }

    /// A certificate is public: what it is found by is made with the server's key, so that nothing that
    /// can be said as a password is ever taken for one.
    fn certificate_hash(&self, fingerprint: &[u8; 32]) -> [u8; 32] {
        let text = data_encoding::HEXLOWER.encode(fingerprint);
        password_tag(self.keys(), b"certificate", &text)
    }

    /// The same for one account alone.
    fn certificate_hash_of(&self, account: AccountId, fingerprint: &[u8; 32]) -> [u8; 32] {
        let encode = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        let text = format!("{} {}", encode(account.bytes()), encode(fingerprint));
        password_tag(self.keys(), b"certificate of account", &text)
    }

    /// Who has this name.
    async fn account_of_name(&self, name: AccountName) -> Result<Option<AccountId>, Refusal> {
        let skeleton = name.skeleton();
        let read = self
            .storage
            .read(move |reader| reader.account_called(&skeleton));
        let account = read.await.map_err(refusal)?;
        let account = account.filter(|account| name.as_str() == folded_name(&account.name));
        Ok(account.map(|account| account.id))
    }

    pub(crate) async fn set_scram(
        self: &Arc<Self>,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: SetScram,
    ) -> Result<Response, Refusal> {
        let SetScram { password, off } = request;
        if !read(&self.settings).rules.plain_passwords {
            return Err(ErrorCode::PlainPasswordsOff.into());
        }
        let account = self.prove_own_password(core, who, &password).await?;
        if off {
            self.keep_verifier(account.id, account.record, None).await?;
        } else {
            let from = core.origin.address;
            self.give_scram(from, account.id, account.record, password)
                .await?;
        }
        Ok(Done {}.into())
    }

    /// Makes an account's verifier of its password, and keeps it.
    pub(crate) async fn give_scram(
        &self,
        from: Option<IpAddr>,
        account: AccountId,
        record: Vec<u8>,
        password: Secret,
    ) -> Result<(), Refusal> {
        let made = self.plain.run(Lane::Known, from, move |_| {
            ScramVerifier::of(password.expose(), &mut OsRng)
        });
        let verifier = made.await?.map_err(|_| ErrorCode::BadPassword)?;
        let row = ScramRow {
            salt: verifier.salt,
            iterations: verifier.iterations,
            stored_key: verifier.stored_key,
            server_key: verifier.server_key,
        };
        self.keep_verifier(account, record, Some(row)).await
    }

    async fn keep_verifier(
        &self,
        account: AccountId,
        record: Vec<u8>,
        row: Option<ScramRow>,
    ) -> Result<(), Refusal> {
        let kept = self.storage.write(move |transaction| {
            ScramWrites::set_scram(transaction, &account, &record, row.as_ref())
        });
        if kept.await.map_err(refusal)? {
            Ok(())
        } else {
            let text = "The password was changed meanwhile. Try again with the new one.";
            Err(Refusal::with_text(ErrorCode::BadCredentials, text))
        }
    }

    /// The client's first message, or its final one.
    pub(crate) async fn sign_in_scram(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: SignInScram,
    ) -> Result<Response, Refusal> {
        if core.signed_in().is_some() {
            return Err(ErrorCode::AlreadySignedIn.into());
        }
        // A client may give up and begin anew at any time.
        let begun = take_begun(core);
        let message = if request.message.starts_with("c=") {
            let Some(Exchange::Scram(begun)) = begun else {
                return Err(ErrorCode::SignInExpired.into());
            };
            self.scram_final(core, *begun, &request.message).await?
        } else {
            self.scram_first(core, &request.message).await?
        };
        Ok(ScramReply { message }.into())
    }

    async fn scram_first(&self, core: &Arc<Core>, message: &str) -> Result<String, Refusal> {
        let first = ScramFirst::parse(message).map_err(|_| ErrorCode::BadRequest)?;
        if first.name.len() > MAX_PASSWORD_BYTES {
            return Err(ErrorCode::BadCredentials.into());
        }
        let tried = self.whom(&first.name).await?;
        // A name that nobody has costs the same question.
        let whose = tried.asked_about();
        let row = self
            .storage
            .read(move |reader| ScramReads::scram_of(reader, &whose))
            .await
            .map_err(refusal)?;
        // By what the name stands for: a salt that changed with its capitals would say that nobody has it.
        let nobody = ScramVerifier::of_nobody(self.keys(), tried.id.bytes());
        let row = row.filter(|_| tried.is(&whose));
        let verifier = row.as_ref().map_or(nobody, |row| ScramVerifier {
            salt: row.salt,
            iterations: row.iterations,
            stored_key: row.stored_key,
            server_key: row.server_key,
        });
        let tried = if row.is_some() {
            tried
        } else {
            tried.nobodys()
        };
        let (exchange, answer) = first.answer(verifier, &mut OsRng);
        begin(
            core,
            Exchange::Scram(Box::new(ScramBegun { exchange, tried })),
        );
        Ok(answer)
    }

    async fn scram_final(
        &self,
        core: &Arc<Core>,
        begun: ScramBegun,
        message: &str,
    ) -> Result<String, Refusal> {
        let ScramBegun { exchange, tried } = begun;
        let brought = Brought {
            device: None,
            code: None,
        };
        let standing = self.standing_of(core, &tried, brought.code).await?;
        let attempt = self.begin_attempt(core, &tried, &standing, &brought)?;
        match (exchange.finish(message), tried.into_account()) {
            (Ok(Some(answer)), Some(account)) => {
                let proved = Box::new(ScramProved { account, attempt });
                begin(core, Exchange::ScramProved(proved));
                Ok(answer)
            }
            _ => Err(attempt.refusal(self.wrong_credentials(core))),
        }
    }

    pub(crate) async fn sign_in_scram_finish(
        self: &Arc<Self>,
        core: &Arc<Core>,
    ) -> Result<Response, Refusal> {
        if core.signed_in().is_some() {
            return Err(ErrorCode::AlreadySignedIn.into());
        }
        let Some(Exchange::ScramProved(proved)) = take_begun(core) else {
            return Err(ErrorCode::SignInExpired.into());
        };
        self.welcome_after(core, proved.account, proved.attempt)
            .await
    }
}

/// The SHA-256 in hexadecimal, with colons between the bytes or without.
fn fingerprint(text: &str) -> Option<[u8; 32]> {
    let digits: String = text.chars().filter(|c| *c != ':').collect();
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes());
    bytes.ok()?.try_into().ok()
}
