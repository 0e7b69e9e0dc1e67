//! Labels on accounts, and groups of accounts (M7).

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use snug_proto::{
    AccountId, AccountName, AuditAction, Done, ErrorCode, GroupEntry, GroupList, Groups, Label,
    PersonRef, Refusal, Response, SetGroup,
    limits::{
        MAX_GROUP_CHANGES, MAX_GROUP_MEMBERS, MAX_GROUPS, MAX_LABEL_TEXT_CHARS, MAX_LABELS,
        MAX_ROOM_GROUPS,
    },
    same_name,
};
use snug_rules::ServerDeed;
use snug_store::{NewAudit, StoreError};

use crate::{
    engine::Engine,
    handle::governing::{NotDone, governed, governing},
    person::refusal,
    session::SignedInAs,
};

impl Engine {
    pub(crate) async fn label(
        &self,
        who: &SignedInAs,
        request: Label,
    ) -> Result<Response, Refusal> {
        let label = request.label.trim().to_owned();
        let fits = (1..=MAX_LABEL_TEXT_CHARS).contains(&label.chars().count());
        if !fits || label.chars().any(char::is_control) {
            let text = "A label has 1 to 24 characters and no control characters.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        let subject = self
            .people
            .find_account(&self.storage, &request.who)
            .await?
            .id;
        let (actor, now, on) = (who.person.id, self.now(), !request.remove);
        let words = label.clone();
        let changed = self.storage.write(move |transaction| {
            governed(transaction, &actor, ServerDeed::Label, &subject)?;
            if on && transaction.count_labels(&subject)? >= MAX_LABELS {
                return Err(ErrorCode::TooMany.into());
            }
            let changed = transaction.set_label(&subject, &words, on)?;
            if changed {
                let what = if on { "label" } else { "without label" };
                let audit = NewAudit::new(now, Some(actor), AuditAction::LabelGiven)
                    .about(subject)
                    .details(format!("{what} {words}"));
                transaction.audit(&audit)?;
            }
            Ok::<_, NotDone>(changed)
        });
        if changed.await? {
            let by = &who.person.name;
            let text = if on {
                format!("{by} gave you the label \"{label}\".")
            } else {
                format!("{by} took the label \"{label}\" from you.")
            };
            self.notify_person(&subject, &text);
        }
        Ok(Done {}.into())
    }

    pub(crate) async fn set_group(
        self: &Arc<Self>,
        who: &SignedInAs,
        request: SetGroup,
    ) -> Result<Response, Refusal> {
        let name = AccountName::parse(&request.group).map_err(|_| ErrorCode::BadName)?;
        if request.add.len() + request.remove.len() > MAX_GROUP_CHANGES {
            let text = "At most 100 accounts at once. Send it in parts.";
            return Err(Refusal::with_text(ErrorCode::TooMany, text));
        }
        let add = self.all_of(&request.add).await?;
        let remove = self.all_of(&request.remove).await?;
        let (actor, now, delete) = (who.person.id, self.now(), request.delete);
        let (skeleton, rules) = (name.skeleton(), Self::random_counter());
        let changed = self.storage.write(move |transaction| {
            governing(transaction, &actor, ServerDeed::Group)?;
            // Who may join them changes with the group; one that is deleted is open to nobody any more.
            let rooms = transaction.move_rooms_of_group(&skeleton, rules)?;
            let mut did = Vec::new();
            if delete {
                if !transaction.delete_group(&skeleton)? {
                    return Err(unknown_group().into());
                }
                did.push("deleted".to_owned());
            } else if transaction.create_group(&name, now)? {
                did.push("made".to_owned());
            }
            let mut count = |accounts: &[AccountId], on| {
                let changed = accounts
                    .iter()
                    .map(|account| transaction.set_group_member(&skeleton, account, on));
                let changed: Result<Vec<bool>, _> = changed.collect();
                Ok::<_, NotDone>(changed?.into_iter().filter(|changed| *changed).count())
            };
            let (added, removed) = (count(&add, true)?, count(&remove, false)?);
            let (groups, members) = transaction.count_groups(&skeleton)?;
            if groups > MAX_GROUPS || members > MAX_GROUP_MEMBERS {
                return Err(ErrorCode::TooMany.into());
            }
            did.extend((added > 0).then(|| format!("{added} added")));
            did.extend((removed > 0).then(|| format!("{removed} removed")));
            if !did.is_empty() {
                let audit = NewAudit::new(now, Some(actor), AuditAction::GroupChanged);
                let details = format!("group {name}, {}", did.join(", "));
                transaction.audit(&audit.details(details))?;
            }
            Ok::<_, NotDone>(rooms)
        });
        let rooms = match changed.await {
            // `@name` must mean one of the two.
            Err(NotDone::Failed(StoreError::Taken)) => return Err(ErrorCode::NameTaken.into()),
            other => other?,
        };
        for room in rooms {
            self.look_again(&room).await?;
        }
        Ok(Done {}.into())
    }

    /// The groups of these names, each once and by name, as they are to be kept.
    pub(crate) async fn groups_named(&self, groups: &[String]) -> Result<Vec<String>, Refusal> {
        if groups.len() > MAX_ROOM_GROUPS {
            let text = "A room is open to at most 8 groups.";
            return Err(Refusal::with_text(ErrorCode::TooMany, text));
        }
        let mut found = BTreeMap::new();
        for group in groups {
            let name = AccountName::parse(group).map_err(|_| unknown_group())?;
            let skeleton = name.skeleton();
            let row = self.storage.read(move |reader| reader.group(&skeleton));
            let row = row.await.map_err(refusal)?;
            // A look-alike is not that group.
            let row = row.filter(|(kept, _)| same_name(kept, name.as_str()));
            let (kept, _) = row.ok_or_else(unknown_group)?;
            found.insert(name, kept);
        }
        Ok(found.into_values().collect())
    }

    pub(crate) async fn groups(&self, request: Groups) -> Result<Response, Refusal> {
        let Some(group) = request.group else {
            let rows = self.storage.read(|reader| reader.groups()).await;
            let entry = |row: snug_store::GroupRow| GroupEntry {
                group: row.name,
                members: row.members,
                names: Vec::new(),
            };
            let groups = rows.map_err(refusal)?.into_iter().map(entry).collect();
            return Ok(GroupList { groups }.into());
        };
        let name = AccountName::parse(&group).map_err(|_| unknown_group())?;
        let skeleton = name.skeleton();
        let found = self
            .storage
            .read(move |reader| reader.group(&skeleton))
            .await;
        let (group, members) = found.map_err(refusal)?.ok_or_else(unknown_group)?;
        let people = self.people_of(members).await?;
        let mut names: Vec<_> = people.iter().map(|person| person.name.clone()).collect();
        names.sort_unstable();
        let entry = GroupEntry {
            group,
            members: names.len() as u64,
            names,
        };
        Ok(GroupList {
            groups: vec![entry],
        }
        .into())
    }

    /// The labels of these accounts.
    pub(crate) async fn labels_of(
        &self,
        accounts: Vec<AccountId>,
    ) -> Result<HashMap<AccountId, Vec<String>>, Refusal> {
        let found = self
            .storage
            .read(move |reader| reader.labels_of(&accounts))
            .await;
        let mut labels: HashMap<_, Vec<String>> = HashMap::new();
        for (account, label) in found.map_err(refusal)? {
            labels.entry(account).or_default().push(label);
        }
        Ok(labels)
    }

    async fn all_of(&self, people: &[PersonRef]) -> Result<Vec<AccountId>, Refusal> {
        let mut found = Vec::new();
        for person in people {
            found.push(self.people.find_account(&self.storage, person).await?.id);
        }
        Ok(found)
    }
}

fn unknown_group() -> Refusal {
    Refusal::with_text(ErrorCode::UnknownPerson, "There is no group of that name.")
}
