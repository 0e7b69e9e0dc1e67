//! The form by which one comes in: new, known, or as a guest.

use ratatui_core::{
    buffer::Buffer,
    layout::{Position, Rect},
};
use snug_proto::{GuestPolicy, Registration, Secret};

use crate::{
    EnterAs, Entering, Key, KeyCode, Theme,
    draw::text,
    overlay::parts::field::{Field, Option as Choice},
};

/// Columns of the labels.
const LABELS: u16 = 17;

const NEW_OR_KNOWN: &[Choice] = &[("new", "I am new here"), ("known", "I have an account")];
const WITH_GUESTS: &[Choice] = &[
    ("new", "I am new here"),
    ("known", "I have an account"),
    ("guest", "I come as a guest"),
];

/// See the module.
#[derive(Debug)]
pub(super) struct EnteringForm {
    link: String,
    title: String,
    registration: Registration,
    guests: GuestPolicy,
    /// That came with the line; it need not be typed.
    code: Option<Secret>,
    as_what: Field,
    name: Field,
    password: Field,
    again: Field,
    typed_code: Field,
    /// There once it is owed.
    second_factor: Option<Field>,
    at: usize,
    /// It was sent, and is not answered yet.
    pub(super) waits: bool,
}

impl EnteringForm {
    pub(super) fn new(
        link: &str,
        name: &str,
        registration: Registration,
        guests: GuestPolicy,
        code: Option<Secret>,
    ) -> Self {
        let choices = if guests.is_off() {
            NEW_OR_KNOWN
        } else {
            WITH_GUESTS
        };
        let help = "The password never leaves this machine; the server cannot read it.";
        Self {
            link: link.to_owned(),
            title: text::clean(name),
            registration,
            guests,
            code,
            as_what: Field::choice("You", choices, "new", "By ← and →."),
            name: Field::words_field("Name", "", "How others call you: one word."),
            password: Field::secret("Password", help),
            again: Field::secret("The same again", "So that a slip is seen now."),
            typed_code: Field::secret("Code", "From the invitation, or the access code."),
            second_factor: None,
            at: 0,
            waits: false,
        }
    }

    /// The account has a second factor: asks for its code too.
    pub(super) fn owe_code(&mut self) {
        let help = "The six digits that your authenticator app shows, or a recovery code.";
        self.second_factor = Some(Field::secret("Second factor", help));
        self.waits = false;
        self.at = self.fields().len().saturating_sub(1);
    }

    /// The field of the second factor's code, where it is asked for.
    fn owed(&self) -> Option<&Field> {
        let known = self.as_what() == EnterAs::Known;
        self.second_factor.as_ref().filter(|_| known)
    }

    fn as_what(&self) -> EnterAs {
        match self.as_what.words() {
            "known" => EnterAs::Known,
            "guest" => EnterAs::Guest,
            _ => EnterAs::New,
        }
    }

    /// Is a code needed that did not come with the line?
    fn asks_for_code(&self) -> bool {
        let needed = match self.as_what() {
            EnterAs::Known => false,
            EnterAs::Guest => self.guests == GuestPolicy::Code,
            EnterAs::New => matches!(self.registration, Registration::Code | Registration::Invite),
        };
        needed && self.code.is_none()
    }

    fn fields(&self) -> Vec<&Field> {
        let mut fields = vec![&self.as_what, &self.name];
        if self.as_what() != EnterAs::Guest {
            fields.push(&self.password);
        }
        if self.as_what() == EnterAs::New {
            fields.push(&self.again);
        }
        if self.asks_for_code() {
            fields.push(&self.typed_code);
        }
        fields.extend(self.owed());
        fields
    }

    fn here(&mut self) -> &mut Field {
        let label = self.fields().get(self.at).map_or("", |field| field.label);
        let all = [
            &mut self.as_what,
            &mut self.password,
            &mut self.again,
            &mut self.typed_code,
        ];
        let mut all = all.into_iter().chain(&mut self.second_factor);
        let found = all.find(|field| field.label == label);
        found.unwrap_or(&mut self.name)
    }

    pub(super) fn paste(&mut self, text: &str) {
        self.here().paste(text);
    }

    /// Takes a key: gives how one comes in, or what is missing.
    pub(super) fn key(&mut self, key: Key) -> Result<Option<Entering>, String> {
        if self.waits {
            return Ok(None);
        }
        let last = self.fields().len().saturating_sub(1);
        match key.code {
            KeyCode::Tab if key.shift => self.at = self.at.saturating_sub(1),
            KeyCode::Tab | KeyCode::Down => self.at = (self.at + 1).min(last),
            KeyCode::BackTab | KeyCode::Up => self.at = self.at.saturating_sub(1),
            KeyCode::Enter if self.at < last => self.at += 1,
            KeyCode::Enter => return self.filled().map(Some),
            _ => {
                self.here().key(key);
                self.at = self.at.min(self.fields().len().saturating_sub(1));
            }
        }
        Ok(None)
    }

    fn filled(&mut self) -> Result<Entering, String> {
        let name = self.name.words().trim_start_matches('@');
        if name.is_empty() {
            return Err("Write a name.".to_owned());
        }
        let as_what = self.as_what();
        let password = self.password.words();
        if as_what != EnterAs::Guest && password.is_empty() {
            return Err("Write a password.".to_owned());
        }
        if as_what == EnterAs::New && password != self.again.words() {
            return Err("The two passwords are not the same.".to_owned());
        }
        let typed = self.typed_code.words();
        if self.asks_for_code() && typed.is_empty() {
            return Err("Write the code.".to_owned());
        }
        let second_factor = self.owed().map(|field| Secret::from(field.words()));
        if second_factor
            .as_ref()
            .is_some_and(|code| code.expose().is_empty())
        {
            return Err("Write the code of your second factor.".to_owned());
        }
        let typed = self.asks_for_code().then(|| Secret::from(typed));
        let code = self.code.clone().filter(|_| as_what != EnterAs::Known);
        let entering = Entering {
            link: self.link.clone(),
            as_what,
            name: name.to_owned(),
            password: (as_what != EnterAs::Guest).then(|| Secret::from(password)),
            code: typed.or(code),
            second_factor,
        };
        self.waits = true;
        Ok(entering)
    }

    /// Rows that it takes: the server's name, the fields, and the help of one.
    pub(super) fn rows(&self) -> usize {
        self.fields().len() + 2
    }

    /// Draws it; gives the row after it, and where the cursor is.
    pub(super) fn draw(
        &self,
        area: Rect,
        buffer: &mut Buffer,
        theme: &Theme,
    ) -> (u16, Option<Position>) {
        let fields = self.fields();
        let mut y = area.y;
        if usize::from(area.height) > fields.len() {
            text::put_line(buffer, area.x, y, area.width, &self.title, theme.heading);
            y += 1;
        }
        let fit = usize::from(area.bottom().saturating_sub(y));
        let most = fields.len().saturating_sub(fit);
        let top = self.at.saturating_sub(fit / 2).min(most);
        let mut cursor = None;
        for (at, field) in fields.iter().enumerate().skip(top).take(fit) {
            let row = Rect {
                y,
                height: 1,
                ..area
            };
            cursor = field
                .draw(row, LABELS, at == self.at, buffer, theme)
                .or(cursor);
            y += 1;
        }
        if y < area.bottom() {
            let help = fields.get(self.at).map_or("", |field| field.help);
            text::put_line(buffer, area.x, y, area.width, help, theme.dim);
            y += 1;
        }
        (y, cursor)
    }
}
