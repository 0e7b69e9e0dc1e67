//! A bot that repeats what is said to it directly, or after `!echo`: `echo_bot LINK NAME`, with its
//! password in `SNUG_PASSWORD`. It comes back by itself when the connection or the server dies.

use snug_client::{Client, ClientOptions, Update};
use snug_proto::{Event, Secret, Send};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (link, name) = (std::env::args().nth(1), std::env::args().nth(2));
    let (link, name) = link.zip(name).ok_or("usage: echo_bot LINK NAME")?;
    let (link, password) = (link.parse()?, Secret::from(std::env::var("SNUG_PASSWORD")?));
    let (me, client, mut updates) =
        Client::sign_in(&link, &name, &password, ClientOptions::default()).await?;
    while let Some(update) = updates.next().await {
        let said = match update {
            Update::Event(Event::Message(said)) if said.author.from_id != me => said,
            Update::Ended(why) => return Err(why.into()),
            _ => continue,
        };
        let order = said.body.strip_prefix("!echo ");
        if let Some(body) = order.or(said.place.direct.then_some(&*said.body)) {
            client.submit(Send {
                room: Some(said.place.room_id.into()),
                to: None,
                body: body.to_owned(),
                reply_to: None,
                manner: None,
                key: None,
            })?;
        }
    }
    Ok(())
}
