//! What a key can be bound to.

macro_rules! actions {
    ($($name:ident $word:literal $help:literal;)*) => {
        /// Something that a key does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $(#[doc = $help] $name,)*
        }

        impl Action {
            /// Every action, in the order of the help.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in the file of settings.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What it does, for a person, without a full stop.
            pub const fn help(self) -> &'static str {
                match self { $(Self::$name => $help,)* }
            }

            /// The action of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($word => Some(Self::$name),)* _ => None }
            }
        }
    };
}

actions! {
    Send "send" "sends what is written";
    NewLine "new_line" "begins a new line";
    GoTo "go_to" "goes to a room, a person, a command or a server";
    NextUnread "next_unread" "goes to the next room that needs you, mentions first";
    PreviousRoom "previous_room" "goes to the room before this one in the list";
    NextRoom "next_room" "goes to the room after this one in the list";
    LastRoom "last_room" "goes back to where you were before";
    Search "search" "searches what was said";
    Help "help" "shows the keys";
    People "people" "shows who is here, or hides it";
    Rooms "rooms" "shows the rooms, or hides them";
    Menu "menu" "shows what can be done: forms for rooms, invitations and settings";
    JoinOrCreate "join_or_create" "joins a room or makes one";
    ScrollUp "scroll_up" "one page back";
    ScrollDown "scroll_down" "one page forth";
    LineUp "line_up" "one line back";
    LineDown "line_down" "one line forth";
    Top "top" "to the oldest message";
    Bottom "bottom" "to the newest message";
    MessageUp "message_up" "puts the cursor on the message before";
    MessageDown "message_down" "puts the cursor on the message after";
    EditLast "edit_last" "edits your last message";
    GiveUp "give_up" "gives up an edit or a reply, takes the cursor off a message, goes to the end";
    Complete "complete" "completes a name, a room, a command or an emoji";
    Quiet "do_not_disturb" "turns bell and notifications off, or on again";
    Redraw "redraw" "draws everything anew";
    Suspend "suspend" "stops the program until the shell's fg";
    Quit "quit" "leaves";
    HistoryBack "history_back" "up a line, or what you typed before";
    HistoryForth "history_forth" "down a line, or what you typed after";
    CursorLeft "cursor_left" "one character to the left";
    CursorRight "cursor_right" "one character to the right";
    WordLeft "word_left" "one word to the left";
    WordRight "word_right" "one word to the right";
    LineStart "line_start" "to the beginning of the line";
    LineEnd "line_end" "to the end of the line";
    DeleteBack "delete_back" "deletes the character before";
    DeleteForth "delete_forth" "deletes the character after";
    KillWordBack "kill_word_back" "cuts the word before";
    KillWordForth "kill_word_forth" "cuts the word after";
    KillLineBack "kill_line_back" "cuts the line up to here; at its start, all before it";
    KillLineForth "kill_line_forth" "cuts the line from here on";
    Yank "yank" "puts back what was cut";
    CopyAnswer "copy_answer" "copies the line to give away or to paste that a command answered with";
    Reply "reply" "replies to the message under the cursor";
    Edit "edit" "edits the message under the cursor";
    Delete "delete" "deletes the message under the cursor";
    React "react" "puts a reaction on the message under the cursor";
    CopyWords "copy" "copies the words of the message under the cursor";
    Open "open" "opens the link in the message under the cursor";
    About "about" "says who wrote the message under the cursor, and when";
    Report "report" "reports the message under the cursor";
}
