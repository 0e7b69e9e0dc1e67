//! Reports of messages in rooms that the server can read (M5, DECISIONS 22, 23).

use std::sync::Arc;

use snug_proto::{
    AccountId, AuditAction, DecideReport, Done, ErrorCode, Refusal, Report, ReportEntry,
    ReportList, ReportState, Reported, Reports, Response, Role,
    limits::{
        MAX_LIST_BYTES, MAX_OPEN_REPORTS, MAX_REPORTS_OF_ACCOUNT, MAX_REPORTS_OF_GUEST,
        MAX_REPORTS_OF_GUESTS,
    },
};
use snug_rules::{Content, RoomKind, keeps_order, may_decide, report_goes_to, role_by};
use snug_store::{NewAudit, NewReport, Range, ReportFilter, ReportRow};

use crate::{
    engine::Engine,
    handle::governing::{NotDone, fit_reason, sentence},
    person::refusal,
    room::Room,
    session::SignedInAs,
};

/// What an entry weighs beside its words.
const ENTRY_BYTES: usize = 1536;
/// Reports read for one answer.
const PAGE: u32 = 30;
/// Events after a message that are looked through for its newest words.
const LOOKED_THROUGH: u32 = 500;

impl Engine {
    pub(crate) async fn report(
        self: &Arc<Self>,
        who: &SignedInAs,
        request: Report,
    ) -> Result<Response, Refusal> {
        let Report { room, seq, reason } = request;
        let why = fit_reason(reason)?;
        let room = self.find_room(&who.person, &room).await?;
        let (author, body) = self.words_to_report(who, &room, seq).await?;
        if author == who.person.id {
            let text = "That message is your own: you can take it back.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        let (state, keepers) = {
            let known = room.state();
            let view = known.view.as_ref().ok_or(ErrorCode::Busy)?;
            let keepers = view.members.keys().filter(|who| keeps_order(view, who));
            let goes = report_goes_to(view, &author, &who.person.id);
            (goes, keepers.copied().collect::<Vec<_>>())
        };
        let new = NewReport {
            at: self.now(),
            by: who.person.id,
            room: room.id,
            seq,
            author,
            body,
            why,
            state,
        };
        let guest = who.person.role == Role::Guest;
        let most = if guest {
            self.guests.may_report(&new.by, new.at)?;
            MAX_REPORTS_OF_GUEST
        } else {
            MAX_REPORTS_OF_ACCOUNT
        };
        let kept = self.storage.write(move |transaction| {
            let (mine, all) = transaction.open_reports(&new.by)?;
            let crowded = guest && transaction.open_reports_of_guests()? >= MAX_REPORTS_OF_GUESTS;
            if crowded || mine >= most || all >= MAX_OPEN_REPORTS {
                let text = "There are too many reports that nobody decided yet. Wait for those.";
                return Err(Refusal::with_text(ErrorCode::TooMany, text).into());
            }
            Ok::<_, NotDone>(transaction.report(&new)?)
        });
        let number = kept.await?.ok_or_else(|| {
            let text = "You reported that message before.";
            Refusal::with_text(ErrorCode::TooMany, text)
        })?;
        self.tell_deciders(number, state, &keepers, &author);
        Ok(Reported {
            report: number,
            state,
        }
        .into())
    }

    pub(crate) async fn reports(
        &self,
        who: &SignedInAs,
        request: Reports,
    ) -> Result<Response, Refusal> {
        let me = &who.person;
        let role = role_by(who.scope, me.role);
        let runs = role >= Role::Moderator;
        let filter = ReportFilter {
            by: request.mine.then_some(me.id),
            keeper: (!request.mine).then_some(me.id),
            server: runs && !request.mine,
            decided: request.all || request.mine,
            before: request.before,
        };
        let page = self
            .storage
            .read(move |reader| reader.reports(&filter, PAGE));
        let rows = page.await.map_err(refusal)?;
        let full = rows.len() == PAGE as usize;
        let involved = rows
            .iter()
            .flat_map(|row| [Some(row.what.by), Some(row.what.author), row.decided_by]);
        self.people_of(involved.flatten().collect()).await?;
        let mut reports = Vec::new();
        let (mut bytes, mut cut) = (0, false);
        for row in rows {
            bytes += ENTRY_BYTES + row.what.body.len();
            if bytes > MAX_LIST_BYTES && !reports.is_empty() {
                cut = true;
                break;
            }
            // What is reported of oneself, or of one as high, is not for one's eyes.
            let author = self.people.known(&row.what.author);
            let of = author.as_ref().map_or(Role::Member, |author| author.role);
            if request.mine || may_decide(role, &me.id, of, &row.what.author).is_ok() {
                reports.push(self.report_entry(row, who, runs).await?);
            }
        }
        Ok(ReportList {
            reports,
            more: full || cut,
        }
        .into())
    }

    pub(crate) async fn decide_report(
        &self,
        who: &SignedInAs,
        request: DecideReport,
    ) -> Result<Response, Refusal> {
        let DecideReport {
            report,
            state,
            reason,
        } = request;
        let reason = fit_reason(reason)?;
        if state == ReportState::Open {
            let text = "A report is resolved, dismissed or escalated.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        let (me, scope, now, why) = (who.person.id, who.scope, self.now(), reason.clone());
        let decided = self.storage.write(move |transaction| {
            let unknown = || {
                let text = "There is no report of that number that you may decide.";
                NotDone::from(Refusal::with_text(ErrorCode::UnknownEvent, text))
            };
            let row = transaction.report_now(report)?.ok_or_else(unknown)?;
            let by = transaction.account_now(&me)?.ok_or_else(unknown)?;
            let role = role_by(scope, by.role);
            let author = transaction.account_now(&row.what.author)?;
            let of = author.map_or(Role::Member, |author| author.role);
            let keeps = transaction.keeps_order_now(&row.what.room, &me)?;
            let at_server = row.what.state == ReportState::Escalated;
            let decides = if at_server {
                role >= Role::Moderator
            } else {
                keeps
            };
            // Whoever reported may ask the server's moderators, and decides nothing.
            let asks = row.what.by == me && state == ReportState::Escalated && !at_server;
            let may = decides && may_decide(role, &me, of, &row.what.author).is_ok();
            let open = matches!(row.what.state, ReportState::Open | ReportState::Escalated);
            if !open && (role >= Role::Moderator || keeps) {
                let text = "That report is decided already.";
                return Err(Refusal::with_text(ErrorCode::Gone, text).into());
            }
            if !open || !(may || asks) {
                return Err(unknown());
            }
            transaction.decide_report(report, state, &me)?;
            if !asks {
                let audit = NewAudit::new(now, Some(me), AuditAction::ReportDecided)
                    .about(row.what.author)
                    .in_room(row.what.room)
                    .why(why)
                    .details(format!("report {report} {}", state.wire()));
                transaction.audit(&audit)?;
            }
            Ok::<_, NotDone>(row)
        });
        let row = decided.await?;
        if row.what.by != me {
            let text = format!("Your report {report} was {}", state.wire());
            self.notify_person(&row.what.by, &sentence(&text, reason.as_deref()));
        }
        if state == ReportState::Escalated {
            self.tell_deciders(report, state, &[], &row.what.author);
        }
        Ok(Done {}.into())
    }

    /// Who wrote a message and what it says, as one who may read it sees it now.
    async fn words_to_report(
        self: &Arc<Self>,
        who: &SignedInAs,
        room: &Arc<Room>,
        seq: u64,
    ) -> Result<(AccountId, String), Refusal> {
        let grant = self.grant(room, &who.person)?;
        let range = Range::After(seq.saturating_sub(1));
        let in_memory = {
            let state = room.state();
            let ram = state.is_ram();
            ram.then(|| state.page_from_memory(&grant, range, LOOKED_THROUGH))
        };
        let events = if let Some(events) = in_memory {
            events
        } else {
            let page = self
                .storage
                .read(move |reader| reader.events(&grant, range, LOOKED_THROUGH));
            page.await.map_err(refusal)?
        };
        let mut found = None;
        for event in events {
            match event.content {
                Content::Message { deleted: true, .. } if event.seq == seq => {
                    return Err(ErrorCode::Gone.into());
                }
                Content::Message { body, .. } if event.seq == seq => {
                    found = Some((event.actor, body));
                }
                Content::Edited {
                    of,
                    body,
                    deleted: false,
                    ..
                } if of == seq => {
                    if let Some((_, words)) = &mut found {
                        *words = body;
                    }
                }
                _ => {}
            }
        }
        found.ok_or_else(|| ErrorCode::UnknownEvent.into())
    }

    async fn report_entry(
        &self,
        row: ReportRow,
        who: &SignedInAs,
        runs: bool,
    ) -> Result<ReportEntry, Refusal> {
        let name = |id: &AccountId| {
            let person = self.people.known(id);
            person.map_or_else(|| id.to_string(), |person| person.name.clone())
        };
        let what = row.what;
        let room = what.room;
        let found = self.storage.read(move |reader| reader.room(&room)).await;
        let room = found.map_err(refusal)?;
        let named = room.filter(|room| !matches!(room.kind, RoomKind::Direct(..)));
        // Never to a room's own admins (DECISIONS 22).
        let shown = runs || what.by == who.person.id;
        Ok(ReportEntry {
            report: row.number,
            at: what.at,
            state: what.state,
            by: shown.then(|| name(&what.by)),
            room: named.map(|room| room.name),
            room_id: what.room,
            seq: what.seq,
            name: name(&what.author),
            account: what.author,
            body: what.body,
            why: what.why,
            decided_by: row.decided_by.as_ref().map(name),
        })
    }

    /// Those who decide a report and are here hear that one waits, without a name.
    fn tell_deciders(
        &self,
        report: u64,
        state: ReportState,
        keepers: &[AccountId],
        author: &AccountId,
    ) {
        let text = format!("Report {report} waits for you: /reports");
        if state == ReportState::Open {
            for keeper in keepers {
                self.notify_person(keeper, &text);
            }
            return;
        }
        let of = self.people.known(author);
        let of = of.map_or(Role::Member, |author| author.role);
        for account in self.online.accounts() {
            let role = self.people.known(&account).map(|person| person.role);
            if role.is_some_and(|role| {
                role >= Role::Moderator && may_decide(role, &account, of, author).is_ok()
            }) {
                self.notify_person(&account, &text);
            }
        }
    }
}
