//! Runs the bodies of the fuzz targets of what a connection brings (`fuzz/`) on their seeds and on random changes
//! of them. In here, as it is about what nobody else sees.

#[path = "../../../fuzz/on_seeds.rs"]
mod on_seeds;
#[path = "../../../fuzz/src/port.rs"]
#[expect(unreachable_pub, reason = "shared with the fuzz target")]
mod port;
#[path = "../../../fuzz/src/web.rs"]
#[expect(unreachable_pub, reason = "shared with the fuzz target")]
mod web;

#[test]
fn the_port_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("port", 4000, port::check);
}

#[test]
fn the_web_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("web", 4000, web::check);
}
