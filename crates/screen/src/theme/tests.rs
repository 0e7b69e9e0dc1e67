//! The colours, measured.

use super::*;

/// Linear red, green and blue of one of the 256.
fn linear(colour: Color) -> [f64; 3] {
    let Color::Indexed(index) = colour else {
        panic!("{colour:?} is none of the 256");
    };
    let levels = match index {
        16..=231 => {
            let cube = index - 16;
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            [level(cube / 36), level(cube / 6 % 6), level(cube % 6)]
        }
        232..=255 => [8 + 10 * (index - 232); 3],
        0..=15 => panic!("{index} looks as the terminal's user chose"),
    };
    levels.map(|level| {
        let level = f64::from(level) / 255.0;
        if level <= 0.040_45 {
            level / 12.92
        } else {
            ((level + 0.055) / 1.055).powf(2.4)
        }
    })
}

fn luminance([red, green, blue]: [f64; 3]) -> f64 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// WCAG 2.2, contrast ratio.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// As people without green cones, or without red ones, see it (Viénot, Brettel and Mollon 1999).
fn seen_without(cone: &str, [red, green, blue]: [f64; 3]) -> [f64; 3] {
    let share = match cone {
        "red" => 0.112_38,
        _ => 0.292_75,
    };
    let mixed = share * red + (1.0 - share) * green;
    [mixed, mixed, blue + 0.004 * (red - green)]
}

fn apart(one: [f64; 3], other: [f64; 3]) -> f64 {
    let shown = |value: f64| value.clamp(0.0, 1.0).powf(1.0 / 2.2);
    let sum: f64 = one
        .iter()
        .zip(other)
        .map(|(one, other)| (shown(*one) - shown(other)).powi(2))
        .sum();
    sum.sqrt()
}

/// The colours of a theme's styles.
fn colours(theme: &Theme) -> Vec<Color> {
    let styles = [
        theme.text,
        theme.dim,
        theme.heading,
        theme.current,
        theme.unread,
        theme.mention,
        theme.new,
        theme.link,
        theme.error,
        theme.waiting,
        theme.online,
    ];
    let of_styles = styles.iter().filter_map(|style| style.fg);
    of_styles.chain(theme.names.iter().copied()).collect()
}

#[test]
fn every_colour_can_be_read_on_its_ground() {
    for (theme, ground, least) in [
        (Theme::dark(), 234, 4.5),
        (Theme::light(), 255, 4.5),
        (Theme::high_contrast(), 16, 9.0),
    ] {
        let ground = linear(Color::Indexed(ground));
        for colour in colours(&theme) {
            let contrast = contrast(linear(colour), ground);
            assert!(
                contrast >= least,
                "{} {colour:?}: {contrast:.1}",
                theme.name
            );
        }
    }
}

#[test]
fn names_are_told_apart_without_red_or_green_cones() {
    for theme in Theme::all() {
        for cone in ["red", "green"] {
            let names = theme.names.iter();
            let seen: Vec<_> = names
                .map(|colour| (*colour, seen_without(cone, linear(*colour))))
                .collect();
            for (at, (one, first)) in seen.iter().enumerate() {
                for (other, second) in &seen[at + 1..] {
                    let apart = apart(*first, *second);
                    assert!(
                        apart > 0.13,
                        "{} {cone}: {one:?} {other:?} {apart:.2}",
                        theme.name
                    );
                }
            }
        }
    }
}

#[test]
fn without_colour_no_style_has_one_and_names_stand_in_brackets() {
    let theme = Theme::no_colour();
    assert_eq!(colours(&theme), []);
    assert_eq!(theme.selected.bg, None);
    assert!(theme.brackets_names());
    assert!(theme.mention.add_modifier.contains(Modifier::REVERSED));
}

#[test]
fn a_person_has_one_colour_and_others_have_others() {
    let theme = Theme::dark();
    let of = |last: u8| theme.name_of(AccountId::from_bytes([last; 16])).fg;
    assert_eq!(of(1), of(1));
    let all: std::collections::BTreeSet<String> =
        (0..=255).map(|last| format!("{:?}", of(last))).collect();
    assert_eq!(all.len(), theme.names.len());
}
