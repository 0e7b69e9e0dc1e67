//! How the server is set up: looked at, and changed by its owner.

use snug_proto::{
    AuditAction, ErrorCode, GuestPolicy, Inviters, Refusal, Registration, Response, ServerSettings,
};
use snug_rules::{MAX_CREDITS, may_set_server};
use snug_store::NewAudit;

use crate::{engine::Engine, lock::read, session::SignedInAs};

impl Engine {
    pub(super) async fn server(
        &self,
        who: &SignedInAs,
        request: snug_proto::Server,
    ) -> Result<Response, Refusal> {
        let changes = request != snug_proto::Server::default();
        let settings = if changes {
            may_set_server(&who.person.actor())?;
            self.changed_settings(who, request).await?
        } else {
            read(&self.settings).clone()
        };
        Ok(ServerSettings {
            server: self.config.server.clone(),
            registration: settings.rules.registration,
            inviters: settings.rules.inviters,
            plain_passwords: settings.rules.plain_passwords,
            credits: settings.rules.credits.on,
            vip_price: settings
                .rules
                .credits
                .on
                .then_some(settings.rules.credits.vip_price),
            watch_open_rooms: settings.watch_open_rooms,
            guests: settings.rules.guests,
        }
        .into())
    }

    async fn changed_settings(
        &self,
        who: &SignedInAs,
        request: snug_proto::Server,
    ) -> Result<snug_store::Settings, Refusal> {
        let details = changes_in_words(&request);
        let snug_proto::Server {
            registration,
            access_code,
            inviters,
            plain_passwords,
            credits,
            vip_price,
            watch_open_rooms,
            guests,
        } = request;
        if vip_price.is_some_and(|price| price > MAX_CREDITS) {
            let text = "That is more than there can be credits.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        if access_code
            .as_ref()
            .is_some_and(|code| code.expose().trim().is_empty())
        {
            return Err(Refusal::with_text(
                ErrorCode::BadRequest,
                "An access code cannot be empty.",
            ));
        }
        let tag =
            access_code.map(|code| crate::handle::sign_in::access_code_tag(self.keys(), &code));
        let has_code = tag.is_some() || read(&self.settings).access_code_tag.is_some();
        if registration == Some(Registration::Code) && !has_code {
            let text = "Registration by code needs an access code. Set one with it.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        if guests == Some(GuestPolicy::Code) && !has_code {
            let text = "Guests by code need an access code. Set one with it.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        tracing::info!(
            account.id = %who.person.id,
            registration = ?registration,
            inviters = ?inviters.map(|inviters| inviters == Inviters::Members),
            "the owner changed the server's settings"
        );
        let audit = NewAudit::new(self.now(), Some(who.person.id), AuditAction::ServerChanged);
        let audit = audit.details(details);
        let watched = read(&self.settings).watch_open_rooms;
        let settings = self
            .change_settings(
                |settings| {
                    settings.rules.registration =
                        registration.unwrap_or(settings.rules.registration);
                    settings.rules.inviters = inviters.unwrap_or(settings.rules.inviters);
                    let rules = &mut settings.rules.credits;
                    rules.on = credits.unwrap_or(rules.on);
                    rules.vip_price = vip_price.unwrap_or(rules.vip_price);
                    settings.rules.plain_passwords =
                        plain_passwords.unwrap_or(settings.rules.plain_passwords);
                    settings.rules.guests = guests.unwrap_or(settings.rules.guests);
                    settings.watch_open_rooms =
                        watch_open_rooms.unwrap_or(settings.watch_open_rooms);
                    if tag.is_some() {
                        settings.access_code_tag = tag;
                    }
                },
                Some(audit),
            )
            .await?;
        if guests == Some(GuestPolicy::Off) {
            self.dismiss_guests("The owner of this server takes no guests any more.");
        }
        if settings.watch_open_rooms != watched {
            self.notify_everyone(if watched {
                "The owner of this server watches open rooms no longer (watch_open_rooms is off)."
            } else {
                crate::watch::WATCHED
            });
        }
        Ok(settings)
    }
}

/// What of the settings was changed, as the audit log says it: never the code itself.
fn changes_in_words(request: &snug_proto::Server) -> String {
    let mut changes = Vec::new();
    let registration = request.registration.map(Registration::wire);
    changes.extend(registration.map(|policy| format!("registration {policy}")));
    let inviters = request.inviters.map(Inviters::wire);
    changes.extend(inviters.map(|inviters| format!("inviters {inviters}")));
    let plain_passwords = request.plain_passwords;
    changes.extend(plain_passwords.map(|on| format!("plain_passwords {on}")));
    changes.extend(request.credits.map(|on| format!("credits {on}")));
    changes.extend(request.vip_price.map(|price| format!("vip_price {price}")));
    let watch = request.watch_open_rooms;
    changes.extend(watch.map(|on| format!("watch_open_rooms {on}")));
    let guests = request.guests.map(GuestPolicy::wire);
    changes.extend(guests.map(|policy| format!("guests {policy}")));
    let access_code = request.access_code.is_some();
    changes.extend(access_code.then(|| "access_code".to_owned()));
    changes.join(", ")
}
