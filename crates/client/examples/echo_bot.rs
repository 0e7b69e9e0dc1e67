//! A bot that repeats what is said to it directly, or after `!echo`: `echo_bot LINK NAME`, with its
//! password in `SNUG_PASSWORD`. It comes back by itself when the connection or the server dies.

use snug_client::{Client, ClientOptions, KnownServer, Link, Opened, Profile, Signer, Update};
use snug_proto::{Event, Secret, Send};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let link: Link = arguments
        .next()
        .ok_or("usage: echo_bot LINK NAME")?
        .parse()?;
    let name = arguments.next().ok_or("usage: echo_bot LINK NAME")?;
    let password = Secret::from(std::env::var("SNUG_PASSWORD")?);
    let options = ClientOptions::default();
    let (connection, _welcome) = Opened::hello(&link, &options).await?;
    let signed_in = Signer::default()
        .sign_in(&connection, &name, &password)
        .await?;
    let (me, alias, account) = (signed_in.account, "home".to_owned(), signed_in.account);
    let profile = Profile::in_memory()?;
    let server = KnownServer {
        alias,
        link,
        name,
        account,
    };
    profile.remember(&server, signed_in.session.as_ref())?;
    let opened = Opened {
        connection,
        signed_in,
    };
    let (client, mut updates) = Client::start(profile, "home", opened, options)?;
    while let Some(update) = updates.next().await {
        match update {
            Update::Event(Event::Message(said)) if said.author.from_id != me => {
                let order = said.body.strip_prefix("!echo ");
                let room = Some(said.place.room_id.into());
                if let Some(body) = order.or(said.place.direct.then_some(&*said.body)) {
                    client.submit(Send {
                        manner: None,
                        room,
                        to: None,
                        body: body.into(),
                        reply_to: None,
                        key: None,
                    })?;
                }
            }
            Update::Ended(why) => return Err(why.into()),
            _ => {}
        }
    }
    Ok(())
}
