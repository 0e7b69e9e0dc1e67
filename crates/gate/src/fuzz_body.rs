//! Runs the body of the fuzz target of what a connection brings (`fuzz/`) on its seeds and on random changes of
//! them. In here, as it is about what nobody else sees.

#[path = "../../../fuzz/on_seeds.rs"]
mod on_seeds;
#[path = "../../../fuzz/src/port.rs"]
#[expect(unreachable_pub, reason = "shared with the fuzz target")]
mod port;

#[test]
fn the_port_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("port", 4000, port::check);
}
