//! 005: what a client may take for granted here (modern.ircdocs.horse, `IRCv3` draft/extended-isupport).

use snug_proto::limits;

use super::{channels, messages::STATUS_PREFIXES};
use crate::{Capability, Connection, line::Writer};

/// Tokens on one line: fifteen parameters in all, the nick and the text among them.
const TOKENS_A_LINE: usize = 13;

impl Connection {
    /// 005, as many lines as it takes.
    pub(crate) fn isupport(&mut self) {
        self.isupport_lines(None);
    }

    /// 005 again, of what is different for an account than for a guest.
    pub(crate) fn isupport_of_channels(&mut self) {
        let limit = channels::limit(self.is_guest());
        self.numeric("005")
            .word(&limit)
            .trailing("are supported by this server");
    }

    /// `ISUPPORT`: before the welcome, and at any time.
    pub(crate) fn isupport_asked(&mut self) {
        if !self.caps.has(Capability::Batch) {
            return self.isupport();
        }
        self.batches += 1;
        let batch = format!("i{}", self.batches);
        let (host, _, out) = self.reply_parts();
        Writer::new(out)
            .source(host)
            .command("BATCH")
            .word(&format!("+{batch}"))
            .word("draft/isupport")
            .end();
        self.isupport_lines(Some(&batch));
        self.end_batch(&batch);
    }

    fn isupport_lines(&mut self, batch: Option<&str>) {
        let tokens = self.isupport_tokens();
        let (host, nick, out) = self.reply_parts();
        for some in tokens.chunks(TOKENS_A_LINE) {
            let mut line = Writer::new(out);
            if let Some(batch) = batch {
                line = line.tag("batch", batch);
            }
            let mut line = line.source(host).command("005").word(nick);
            for token in some {
                line = line.word(token);
            }
            line.trailing("are supported by this server");
        }
    }

    /// One line a feature, by name.
    fn isupport_tokens(&self) -> Vec<String> {
        let network = self.settings.network.replace(' ', "\\x20");
        let mut tokens = channels::tokens(self.is_guest());
        tokens.extend([
            format!("AWAYLEN={}", limits::MAX_AWAY_CHARS),
            "BOT=B".to_owned(),
            "CALLERID=g".to_owned(),
            "CASEMAPPING=rfc1459".to_owned(),
            format!("CHATHISTORY={}", crate::history::MAX_MESSAGES),
            "HOSTLEN=63".to_owned(),
            format!("MONITOR={}", limits::MAX_MONITORED),
            "MSGREFTYPES=msgid,timestamp".to_owned(),
            format!("NAMELEN={}", limits::MAX_DISPLAY_CHARS),
            format!("NETWORK={network}"),
            // What may be asked for: the `_` before a first digit comes on top.
            format!("NICKLEN={}", limits::MAX_ACCOUNT_NAME_CHARS),
            format!("SILENCE={}", limits::MAX_BLOCKS),
            format!("STATUSMSG={}", String::from_iter(STATUS_PREFIXES)),
            format!(
                "TARGMAX={},NOTICE:{most},PRIVMSG:{most},TAGMSG:{most},WHOIS:1,WHOWAS:{most}",
                channels::targets(),
                most = crate::commands::MAX_TARGETS
            ),
            "USERLEN=10".to_owned(),
            "UTF8ONLY".to_owned(),
            "WHOX".to_owned(),
        ]);
        tokens.sort_unstable();
        tokens
    }
}
