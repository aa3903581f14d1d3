//! What is kept of records, and for how long.

use super::*;

#[test]
fn records_older_than_48_hours_are_pruned_and_every_window_within_them_stays_exact() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let mut model = Model { ends: vec![] };
    let mut random = Random::new(9);
    let (mut most, mut steps) = (0, 0);
    for round in 0..300 {
        let (from, to) = if random.below(2) == 0 { ("aaa", "bbb") } else { ("bbb", "aaa") };
        world.swap(2, &pool, &format!("{}{from}", 1 + random.below(9_000_000)), to);
        let price = |base, quote| spot(&world, &pool, base, quote).unwrap();
        model.ends.push((millis(&world), [price("aaa", "bbb"), price("bbb", "aaa")]));
        // A record costs the pool's own mark, itself, the one before, and at most two that go.
        let done = blocks::next(&mut world, HOUR);
        assert!(done.written.len() <= 4, "{:?}", done.written);
        most = most.max(records(&world, &pool));
        if round >= 60 {
            let now = millis(&world);
            let start = now - 1 - random.below(48 * HOUR);
            let mean = twap(&world, "Twap", &pool, ("aaa", "bbb"), (start, now)).unwrap();
            assert_eq!(mean, model.mean(0, start, now));
            steps += 1;
        }
    }
    assert_eq!((most, steps), (49, 240), "48 hours of hourly records and the one in force before");
}

#[test]
fn of_more_than_an_hour_ago_about_a_record_a_minute_is_left_and_sums_stay_true() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let mut model = Model { ends: vec![] };
    let mut random = Random::new(10);
    let first = millis(&world);
    // Three hours and a half at a block every four seconds, but for a silent quarter of an hour.
    for round in 0..3000 {
        let (from, to) = if random.below(2) == 0 { ("aaa", "bbb") } else { ("bbb", "aaa") };
        world.swap(2, &pool, &format!("{}{from}", 1 + random.below(9_000_000)), to);
        let price = |base, quote| spot(&world, &pool, base, quote).unwrap();
        model.ends.push((millis(&world), [price("aaa", "bbb"), price("bbb", "aaa")]));
        let done = blocks::next(&mut world, if round == 700 { HOUR / 4 } else { 2000 + random.below(4000) });
        assert!(done.written.len() <= 6, "{:?}", done.written);
    }
    let (now, hour) = (millis(&world), millis(&world) - HOUR);
    let left = records(&world, &pool);
    let recent = model.ends.iter().filter(|(time, _)| *time >= hour).count();
    let minutes = usize::try_from((hour - first) / 60_000).unwrap();
    assert!(left < recent + 2 * minutes && left > recent + minutes / 2, "{left}, {recent} and {minutes}");
    // A sum is only ever estimated within a minute.
    let wild = |time: u64, side: usize| {
        let near: Vec<f64> = model
            .ends
            .iter()
            .filter(|(end, _)| end.abs_diff(time) <= 70_000)
            .map(|(_, prices)| as_float(&prices[side]))
            .collect();
        near.iter().fold(0.0, |most: f64, a| near.iter().fold(most, |most, b| most.max(a - b)))
    };
    let mut exact = 0;
    for _ in 0..600 {
        let (a, b) = (first + random.below(now - first), first + random.below(now - first));
        let (start, end) = (a.min(b), a.max(b));
        if start == end {
            continue;
        }
        for (side, pair) in [("aaa", "bbb"), ("bbb", "aaa")].into_iter().enumerate() {
            let mean = twap(&world, "Twap", &pool, pair, (start, end)).unwrap();
            let truth = model.mean(side, start, end);
            if start >= hour {
                assert_eq!(mean, truth);
                exact += 1;
                continue;
            }
            let off = (as_float(&mean) - as_float(&truth)).abs() * (end - start) as f64;
            let most = 60_000.0 * (wild(start, side) + wild(end, side));
            assert!(off <= most, "{off} against {most} from {start} to {end}");
        }
    }
    assert!(exact > 50, "{exact}");
    let whole = twap(&world, "GeometricTwap", &pool, ("aaa", "bbb"), (first, now)).unwrap();
    let logs: f64 = model
        .ends
        .iter()
        .enumerate()
        .map(|(index, (time, prices))| {
            let until = model.ends.get(index + 1).map_or(now, |(time, _)| *time);
            as_float(&prices[0]).ln() * (until - time) as f64
        })
        .sum();
    near(as_float(&whole), (logs / (now - first) as f64).exp(), 1e-12);
    let (bank, dex) = world.export();
    assert_eq!(World::from_genesis(&bank, &dex).export(), (bank, dex));
}

#[test]
fn a_backlog_of_old_records_shrinks_with_each_record() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    for _ in 0..40 {
        world.swap(2, &pool, "1000aaa", "bbb");
        blocks::next(&mut world, 60_000);
    }
    assert_eq!(records(&world, &pool), 40);
    blocks::next(&mut world, 100 * HOUR);
    assert_eq!(records(&world, &pool), 40, "nobody touches it, nothing is done for it");
    for left in [39, 38, 37] {
        world.swap(2, &pool, "1000aaa", "bbb");
        blocks::next(&mut world, 1000);
        assert_eq!(records(&world, &pool), left, "one comes, two go");
    }
}
