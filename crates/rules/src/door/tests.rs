use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use snug_proto::Timestamp;

use super::{origins::MAX_ORIGINS, *};

const LIMITS: DoorLimits = DoorLimits {
    open: 5,
    per_minute: 12,
    unfinished: 3,
    requests: 30,
    codes: 10,
    garbage: 4,
    shut_ms: 1_000,
    around: 4,
};

fn at(ms: u64) -> Timestamp {
    Timestamp::from_ms(1_000_000 + ms)
}

fn host(number: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number))
}

/// One connection that comes, is shaken and goes.
fn come_and_go(door: &mut Door, address: IpAddr, now: Timestamp) -> Result<(), Over> {
    let visit = door.arrive(address, now)?;
    door.shaken(&visit);
    door.leaves(&visit, false);
    Ok(())
}

fn shutting(over: Result<impl std::fmt::Debug, Over>) -> Shutting {
    match over {
        Err(Over::Shuts(shutting)) => shutting,
        other => panic!("{other:?}"),
    }
}

#[test]
fn p2_who_connects_too_often_is_shut_out_twice_as_long_each_time() {
    let mut door = Door::new(LIMITS);
    let mut now = 0;
    for (times, shut_ms) in [(1, 1_000), (2, 2_000), (3, 4_000), (4, 8_000)] {
        let mut let_in = 0;
        let over = loop {
            match come_and_go(&mut door, host(1), at(now)) {
                Ok(()) => let_in += 1,
                over => break over,
            }
        };
        assert!(let_in <= 12, "{let_in}");
        let shut = shutting(over);
        assert_eq!((shut.times, shut.shut_ms), (times, shut_ms));
        assert_eq!(shut.offence, Offence::Connections);
        assert_eq!(shut.block.to_string(), "10.0.0.1");
        assert_eq!(shut.refused, u32::from(times > 1));
        now += shut_ms - 1;
        assert_eq!(come_and_go(&mut door, host(1), at(now)), Err(Over::Shut(1)));
        assert!(
            come_and_go(&mut door, host(300), at(now)).is_ok(),
            "another"
        );
        now += 1;
    }
}

#[test]
fn p2_wrong_codes_of_those_who_are_inside_count_for_their_address_too() {
    let mut door = Door::new(LIMITS);
    let guest = door.arrive(host(1), at(0)).unwrap();
    door.shaken(&guest);
    door.came_in(&guest, 0, at(0));
    // Right ones cost nothing, and many that were looked at at once owe no more than there is.
    for _ in 0..100 {
        door.may_try(&guest, at(0)).unwrap();
    }
    let paid = (0..100).filter(|_| door.wrong(&guest, at(0))).count();
    assert_eq!(paid, 10);
    let over = shutting(door.may_try(&guest, at(0)));
    assert_eq!(over.offence, Offence::Codes);
    assert!(matches!(door.arrive(host(1), at(1)), Err(Over::Shut(_))));
    // A tenth of ten minutes later there is room for one more.
    door.may_try(&guest, at(60_000)).unwrap();
}

#[test]
fn p2_slips_of_those_who_then_know_the_password_shut_no_office_out() {
    let mut door = Door::new(LIMITS);
    let visit = door.arrive(host(1), at(0)).unwrap();
    door.shaken(&visit);
    for _ in 0..20 {
        for _ in 0..2 {
            door.may_try(&visit, at(0)).unwrap();
            door.wrong(&visit, at(0));
        }
        door.may_try(&visit, at(0)).unwrap();
        door.slipped(&visit, 2, at(0));
    }
    // Guesses at others' passwords count on.
    for _ in 0..10 {
        door.may_try(&visit, at(0)).unwrap();
        door.wrong(&visit, at(0));
    }
    door.slipped(&visit, 0, at(0));
    assert_eq!(
        shutting(door.may_try(&visit, at(0))).offence,
        Offence::Codes
    );
}

#[test]
fn p2_open_connections_and_unfinished_handshakes_are_counted() {
    let mut door = Door::new(LIMITS);
    for _ in 0..3 {
        door.arrive(host(1), at(0)).unwrap();
    }
    let over = shutting(door.arrive(host(1), at(0)));
    assert_eq!(over.offence, Offence::Handshakes);
    let mut visits = Vec::new();
    for _ in 0..5 {
        let visit = door.arrive(host(2), at(0)).unwrap();
        door.shaken(&visit);
        visits.push(visit);
    }
    assert_eq!(shutting(door.arrive(host(2), at(0))).offence, Offence::Open);
    door.leaves(&visits[0], false);
    assert!(door.arrive(host(2), at(1_000)).is_ok(), "one has gone");
}

#[test]
fn p2_thirty_requests_and_ten_wrong_codes_are_all_there_is_before_a_sign_in() {
    let mut door = Door::new(LIMITS);
    let one = door.arrive(host(1), at(0)).unwrap();
    let two = door.arrive(host(1), at(0)).unwrap();
    for _ in 0..15 {
        door.asks(&one, at(0)).unwrap();
        door.asks(&two, at(0)).unwrap();
    }
    let over = shutting(door.asks(&two, at(0)));
    assert_eq!(over.offence, Offence::Requests);
    assert!(matches!(door.asks(&one, at(1)), Err(Over::Shut(_))));
    assert!(matches!(door.arrive(host(1), at(1)), Err(Over::Shut(_))));
    let other = door.arrive(host(2), at(0)).unwrap();
    for _ in 0..10 {
        door.may_try(&other, at(0)).unwrap();
        door.wrong(&other, at(0));
    }
    let over = shutting(door.may_try(&other, at(0)));
    assert_eq!(over.offence, Offence::Codes);
}

#[test]
fn p3_the_shield_shuts_the_worst_out_and_nobody_who_is_protected() {
    let mut door = Door::new(LIMITS);
    let friend = door.arrive(host(256), at(0)).unwrap();
    door.shaken(&friend);
    door.signed_in(&friend, 0, true, at(0));
    for number in [256, 512, 768] {
        for _ in 0..20 * (number / 256) {
            let _over = come_and_go(&mut door, host(number), at(0));
        }
    }
    come_and_go(&mut door, host(1024), at(0)).unwrap();
    assert_eq!(door.shut_worst(1, 600_000, at(0)), 1);
    assert!(come_and_go(&mut door, host(768), at(500_000)).is_err());
    for number in [256, 512, 1024] {
        assert!(
            come_and_go(&mut door, host(number), at(500_000)).is_ok(),
            "{number}"
        );
    }
}

#[test]
fn p3_whom_the_shield_shut_out_is_let_back_and_who_owes_it_to_themselves_is_not() {
    let mut door = Door::new(LIMITS);
    for number in [256, 512] {
        for _ in 0..20 {
            let _over = come_and_go(&mut door, host(number), at(0));
        }
    }
    assert_eq!(door.shut_worst(9, 600_000, at(0)), 2);
    assert!(come_and_go(&mut door, host(256), at(200_000)).is_err());
    door.let_back();
    assert!(come_and_go(&mut door, host(512), at(1)).is_err());
    assert!(come_and_go(&mut door, host(256), at(200_000)).is_ok());
}

#[test]
fn p3_who_was_shut_out_long_ago_is_none_of_the_worst() {
    let mut door = Door::new(LIMITS);
    let flood = |door: &mut Door, number, now| {
        for _ in 0..20 {
            let _over = come_and_go(door, host(number), now);
        }
    };
    flood(&mut door, 256, at(0));
    let later = 3_600_000;
    flood(&mut door, 512, at(later - 300_000));
    assert_eq!(door.shut_worst(9, 600_000, at(later)), 1);
    assert!(come_and_go(&mut door, host(256), at(later + 1)).is_ok());
    assert!(come_and_go(&mut door, host(512), at(later + 1)).is_err());
}

#[test]
fn p3_for_one_offence_the_shield_shuts_out_once_however_long_it_stays_up() {
    let mut door = Door::new(LIMITS);
    for _ in 0..20 {
        let _over = come_and_go(&mut door, host(256), at(0));
    }
    let mut let_in = None;
    // An honest client tries again and again, and the shield looks for the worst every ten seconds.
    for second in 5..3_600 {
        if second % 10 == 5 {
            door.shut_worst(9, 600_000, at(second * 1000));
        }
        if second % 7 == 0 && come_and_go(&mut door, host(256), at(second * 1000)).is_ok() {
            let_in = Some(second);
            break;
        }
    }
    assert!(
        let_in.is_some_and(|second| (600..620).contains(&second)),
        "{let_in:?}"
    );
    // Who goes over it anew is shut out anew.
    let again = 700_000;
    for _ in 0..20 {
        let _over = come_and_go(&mut door, host(256), at(again));
    }
    assert_eq!(door.shut_worst(9, 600_000, at(again)), 1);
    assert!(come_and_go(&mut door, host(256), at(again + 500_000)).is_err());
}

#[test]
fn p2_a_successful_sign_in_gives_back_what_its_connection_spent() {
    let mut door = Door::new(LIMITS);
    let mut inside = Vec::new();
    for _ in 0..1_000 {
        let visit = door.arrive(host(1), at(0)).unwrap();
        door.shaken(&visit);
        for _ in 0..3 {
            door.asks(&visit, at(0)).unwrap();
        }
        door.signed_in(&visit, 3, false, at(0));
        inside.push(visit);
    }
    assert_eq!(inside.len(), 1_000);
}

#[test]
fn p2_an_address_that_somebody_is_signed_in_from_is_slowed_and_never_shut_out() {
    let mut door = Door::new(LIMITS);
    let friend = door.arrive(host(1), at(0)).unwrap();
    door.shaken(&friend);
    door.signed_in(&friend, 0, true, at(0));
    for _ in 0..12 {
        come_and_go(&mut door, host(1), at(0)).unwrap();
    }
    let Err(Over::Slowed(ms)) = come_and_go(&mut door, host(1), at(0)) else {
        panic!("it is over its budget");
    };
    assert_eq!(ms, 5_000);
    assert!(come_and_go(&mut door, host(1), at(ms)).is_ok());
    let outsider = door.arrive(host(1), at(20_000)).unwrap();
    for _ in 0..30 {
        door.asks(&outsider, at(20_000)).unwrap();
    }
    assert!(matches!(
        door.asks(&outsider, at(20_000)),
        Err(Over::Slowed(20_000))
    ));
    door.protects_no_more(&friend);
    assert!(matches!(
        door.asks(&outsider, at(20_001)),
        Err(Over::Shuts(_))
    ));
}

#[test]
fn p2_a_network_cannot_go_through_its_addresses() {
    for hosts in [
        (0..256).map(host).collect::<Vec<_>>(),
        (0..256_u128)
            .map(|number| IpAddr::V6(Ipv6Addr::from_bits((0x2001_0db8 << 96) + (number << 64))))
            .collect(),
    ] {
        let mut door = Door::new(LIMITS);
        let came = hosts.iter().cycle().take(10_000);
        let mut let_in = 0;
        let mut shut = Vec::new();
        for address in came {
            match come_and_go(&mut door, *address, at(0)) {
                Ok(()) => let_in += 1,
                Err(Over::Shuts(shutting)) => shut.push(shutting.block.to_string()),
                Err(_) => {}
            }
        }
        assert_eq!(let_in, 48, "four times what one may");
        let around = if hosts[0].is_ipv4() {
            "10.0.0.0/24"
        } else {
            "2001:db8::/48"
        };
        assert_eq!(shut, [around]);
    }
}

#[test]
fn p2_a_network_that_is_shut_out_stands_out_by_itself() {
    let mut door = Door::new(LIMITS);
    for number in 0..256 {
        let _over = come_and_go(&mut door, host(number), at(0));
    }
    assert_eq!(door.shut_worst(9, 600_000, at(0)), 1);
    let worst = door.worst(9, at(0));
    let shown: Vec<_> = worst
        .iter()
        .map(|(network, _, shut_ms, times)| (network.to_string(), *shut_ms, *times))
        .collect();
    assert_eq!(shown, [("10.0.0.0/24".to_owned(), 600_000, 1)]);
}

#[test]
fn p3_where_a_surge_comes_from_is_known_and_friends_are_not_in_it() {
    let mut door = Door::new(DoorLimits::NONE);
    for number in 0..19 {
        come_and_go(&mut door, host(number), at(0)).unwrap();
    }
    assert_eq!(door.origins(9, at(0)), [], "a few are people");
    // All over 10.7.0.0/16, all from 10.9.3.0/24, and one of many from anywhere.
    for number in 0..1_000 {
        let scattered = (7 << 16) + number * 60;
        come_and_go(&mut door, host(scattered), at(9_000)).unwrap();
        come_and_go(
            &mut door,
            host((9 << 16) + (3 << 8) + number % 200),
            at(9_000),
        )
        .unwrap();
        come_and_go(
            &mut door,
            host(((number % 99 + 20) << 16) + number),
            at(9_000),
        )
        .unwrap();
        let friend = door.arrive(host((8 << 16) + number), at(9_000)).unwrap();
        door.signed_in(&friend, 0, false, at(9_000));
    }
    let shown = |door: &mut Door, ms| -> Vec<(String, u8)> {
        let of = door.origins(9, at(ms)).into_iter();
        of.map(|(network, percent)| (network.to_string(), percent))
            .collect()
    };
    let expected = [
        ("10.9.3.0/24".to_owned(), 33),
        ("10.7.0.0/16".to_owned(), 33),
    ];
    assert_eq!(shown(&mut door, 9_000), expected);
    assert_eq!(
        shown(&mut door, 10_001),
        expected,
        "of the seconds before too"
    );
    assert_eq!(shown(&mut door, 31_000), []);
    for number in 0..100_u128 {
        let of = (0x2001_0db8 << 96) + (number << 70);
        come_and_go(&mut door, IpAddr::V6(Ipv6Addr::from_bits(of)), at(40_000)).unwrap();
    }
    assert_eq!(
        shown(&mut door, 40_000),
        [("2001:db8::/48".to_owned(), 100)]
    );
}

#[test]
fn p3_networks_without_number_take_bounded_memory() {
    let mut door = Door::new(DoorLimits::NONE);
    for number in 0..200_000_u32 {
        let address = IpAddr::V4(Ipv4Addr::from_bits(number << 15));
        come_and_go(&mut door, address, at(0)).unwrap();
    }
    assert_eq!(door.origins.len(), MAX_ORIGINS);
    assert_eq!(door.origins(9, at(0)), [], "from everywhere");
}

#[test]
fn p2_one_v6_network_is_one_address_and_a_mapped_address_is_ipv4() {
    let v6 = |low: u128| IpAddr::V6(Ipv6Addr::from_bits((0x2001_0db8 << 96) + low));
    assert_eq!(Block::of(v6(1)), Block::of(v6(u128::from(u64::MAX))));
    assert_ne!(Block::of(v6(0)), Block::of(v6(1 << 64)));
    let mapped = Ipv4Addr::from_bits(0x0a00_0001).to_ipv6_mapped();
    assert_eq!(Block::of(mapped.into()), Block::of(host(1)));
}

#[test]
fn p2_a_million_addresses_take_bounded_memory_and_make_nobody_forgotten() {
    let mut door = Door::new(LIMITS);
    let guilty = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    while come_and_go(&mut door, guilty, at(0)).is_ok() {}
    let open = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));
    for _ in 0..3 {
        door.arrive(open, at(0)).unwrap();
    }
    let mut let_in = 0_u64;
    for number in 0..1_000_000_u32 {
        let address = IpAddr::V4(Ipv4Addr::from_bits(number.wrapping_mul(0x0100_4001)));
        let_in += u64::from(come_and_go(&mut door, address, at(500)).is_ok());
    }
    let (narrow, wide) = door.len();
    assert!(narrow <= MAX_BLOCKS && wide <= MAX_WIDE_BLOCKS);
    let most = (MAX_WIDE_BLOCKS + SLOTS) * 48;
    assert!(let_in <= most as u64, "{let_in}: the shared slots hold too");
    assert_eq!(door.arrive(guilty, at(999)).err(), Some(Over::Shut(1)));
    assert_eq!(
        shutting(door.arrive(open, at(999))).offence,
        Offence::Handshakes
    );
    // When it is over, the table is as good as new.
    let later = at(3 * FORGET_STRIKES_MS);
    for number in 0..100 {
        come_and_go(&mut door, host(number * 256), later).unwrap();
    }
    assert!(size_of::<Budget>() <= 160);
}

proptest! {
    #[test]
    fn p2_no_order_of_coming_and_going_gets_past_the_limits(
        steps in prop::collection::vec((0_u8..6, 0_u32..4, 0_u64..4_000), 1..400),
    ) {
        let mut door = Door::new(LIMITS);
        let mut inside: Vec<(u32, Visit, bool)> = Vec::new();
        let mut came = vec![Vec::new(); 4];
        let mut now = 0;
        for (step, who, pause) in steps {
            now += pause;
            match step {
                0..=2 => {
                    if let Ok(visit) = door.arrive(host(who * 256), at(now)) {
                        came[who as usize].push(now);
                        inside.push((who, visit, true));
                    }
                }
                3 => {
                    if let Some((_, visit, unfinished)) = inside.last_mut()
                        && std::mem::take(unfinished)
                    {
                        door.shaken(visit);
                    }
                }
                _ => {
                    if !inside.is_empty() {
                        let (_, visit, unfinished) = inside.remove(who as usize % inside.len());
                        door.leaves(&visit, unfinished);
                    }
                }
            }
            for who in 0..4 {
                let open = inside.iter().filter(|(of, ..)| *of == who);
                let unfinished = open.clone().filter(|(.., unfinished)| *unfinished).count();
                prop_assert!(open.count() <= 5 && unfinished <= 3);
            }
        }
        // In any minute twice the rate at most: what was saved up, and what came back meanwhile.
        for times in came {
            for (first, start) in times.iter().enumerate() {
                let within = times[first..].iter().filter(|at| **at - start < 60_000);
                prop_assert!(within.count() <= 24);
            }
        }
    }

    #[test]
    fn p2_a_clock_that_jumps_shuts_nobody_out_for_longer_than_the_longest_time(
        jumps in prop::collection::vec(0_u64..10_000_000_000, 1..100),
    ) {
        let mut door = Door::new(LIMITS);
        for now in jumps {
            if let Err(over) = come_and_go(&mut door, host(1), at(now)) {
                prop_assert!(over.retry_after_ms() <= MAX_DOOR_SHUT_MS);
            }
        }
    }
}
