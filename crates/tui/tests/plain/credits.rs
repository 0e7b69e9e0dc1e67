//! Credits, from the chat.

use crate::house::House;

#[test]
fn c1_the_owner_turns_credits_on_and_people_pay_each_other() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ben.type_line("/credits");
    ben.expect("!! This server has no credits");
    ann.type_line("/server credits on vip_price 30");
    ann.expect("credits on, vip_price 30");
    ann.type_line("/grant ben 50 --why welcome");
    ann.expect("-- 50 credits granted");
    ben.expect("-- you were given 50 credits (welcome); you have 50 now");
    ben.type_line("/pay ann 7 --why lunch");
    ben.expect("-- you paid ann 7 credits (lunch); you have 43 now");
    ann.expect("-- ben paid you 7 credits (lunch); you have 7 now");
    ben.type_line("/pay ann 44");
    ben.expect("!! There are not that many credits in your purse.");
    ben.type_line("/vip");
    ben.expect("-- you paid 30 credits for VIP; you have 13 now");
    ben.type_line("/ledger");
    ben.expect("30 from ben to the server");
}
