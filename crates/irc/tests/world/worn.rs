//! What accounts go by in this world, beside their names.

use std::sync::Arc;

use snug_proto::*;

use super::state::State;

impl State {
    /// What this account wears.
    pub(super) fn worn_by(&self, name: &str) -> Option<String> {
        self.worn.get(name).cloned()
    }

    /// The account that is called so, or goes by it.
    pub(super) fn who_is(&self, name: &str) -> Option<String> {
        let wears = |(_, worn): &(&String, &String)| same_name(worn, name);
        let worn = self.worn.iter().find(wears).map(|(name, _)| name.clone());
        worn.or_else(|| {
            let mut known = self.accounts.keys();
            known.find(|known| same_name(known, name)).cloned()
        })
    }

    pub(super) fn wear(&mut self, index: usize, me: &str, wear: Wear) -> Answer {
        let other = |(at, session): (usize, &super::state::Live)| {
            at != index && !session.closed && session.account.as_deref() == Some(me)
        };
        if wear.coming && self.sessions.iter().enumerate().any(other) {
            return Ok(self.goes_by(me));
        }
        let wanted = wear.name.filter(|name| name != me);
        if let Some(name) = &wanted {
            AccountName::parse(name).map_err(|_| ErrorCode::BadName)?;
            if self.who_is(name).is_some_and(|other| other != me) {
                return Err(ErrorCode::NameTaken.into());
            }
        }
        let before = self.subject(me);
        match wanted {
            Some(name) => self.worn.insert(me.to_owned(), name),
            None => self.worn.remove(me),
        };
        let subject = self.subject(me);
        if before != subject {
            let event = Event::AccountChanged(AccountChanged {
                subject,
                role: Role::Member,
                was: None,
                wore: Some(before.called().to_owned()),
                display_changed: false,
            });
            let delivery = Arc::new(Delivery::new(event));
            for session in &mut self.sessions {
                session.outbox.push(Arc::clone(&delivery));
            }
        }
        Ok(self.goes_by(me))
    }

    fn goes_by(&self, me: &str) -> Response {
        let name = self.subject(me).called().to_owned();
        GoesBy { name }.into()
    }
}
