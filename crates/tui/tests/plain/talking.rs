//! Talking with each other: how fast.

use crate::house::House;

#[test]
fn p1_a_pasted_block_arrives_whole_and_in_order_and_ends_nothing() {
    let house = House::with(|options| options.messages_per_second = 4);
    let (mut ann, mut ben) = house.two();
    let lines: Vec<String> = (0..16).map(|number| format!("pasted {number}")).collect();
    let typed: Vec<&str> = lines.iter().map(String::as_str).collect();
    ann.type_lines(&typed);
    for line in &lines {
        assert!(ben.expect("<<ann>> : ").ends_with(line), "in order");
    }
    ann.say("that was all");
}
