//! Samples taken in turns, so that what disturbs one contender disturbs the others as well.

use std::ops::{Add, Sub};
use std::time::Instant;

use nix::time::{ClockId, clock_gettime};

/// What some work took, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// By the clock on the wall.
    pub wall: f64,
    /// Of processor, all threads of the process together; NaN where it was not measured.
    pub processor: f64,
}

impl Sample {
    /// A sample of wall time alone.
    #[must_use]
    pub const fn wall(seconds: f64) -> Self {
        Self { wall: seconds, processor: f64::NAN }
    }
}

impl Add for Sample {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { wall: self.wall + other.wall, processor: self.processor + other.processor }
    }
}

impl Sub for Sample {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { wall: self.wall - other.wall, processor: self.processor - other.processor }
    }
}

/// Runs `work` and says how many seconds it took by the clock on the wall.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed().as_secs_f64())
}

/// Runs `work` and says what it took.
pub fn sampled<T>(work: impl FnOnce() -> T) -> (T, Sample) {
    let before = processor();
    let (result, wall) = timed(work);
    (result, Sample { wall, processor: processor() - before })
}

/// Seconds of processor the process has used; NaN where the system does not say.
fn processor() -> f64 {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)
        .map_or(f64::NAN, |time| std::time::Duration::from(time).as_secs_f64())
}

/// The middle of `samples`, of an even number the mean of the two in the middle; NaN without any.
#[must_use]
pub fn median(samples: &[f64]) -> f64 {
    quantile(samples, 0.5)
}

/// The value below which the share `at` of the samples lies, interpolated.
fn quantile(samples: &[f64], at: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = at * last as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    low + (high - low) * place.fract()
}

/// The middle half of some samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// A quarter of the samples lies below.
    pub low: f64,
    /// Half of them do.
    pub median: f64,
    /// Three quarters do.
    pub high: f64,
}

impl Spread {
    /// The spread of `samples`; NaN without any.
    #[must_use]
    pub fn of(samples: &[f64]) -> Self {
        Self { low: quantile(samples, 0.25), median: quantile(samples, 0.5), high: quantile(samples, 0.75) }
    }
}

/// Named series with one sample for each round.
#[derive(Clone, Debug, Default)]
pub struct Rounds {
    series: Vec<(&'static str, Vec<Sample>)>,
}

impl Rounds {
    /// Adds a sample.
    pub fn add(&mut self, name: &'static str, sample: Sample) {
        match self.series.iter_mut().find(|(known, _)| *known == name) {
            Some((_, samples)) => samples.push(sample),
            None => self.series.push((name, vec![sample])),
        }
    }

    /// Runs `work` and adds what it took.
    pub fn time<T>(&mut self, name: &'static str, work: impl FnOnce() -> T) -> T {
        let (result, sample) = sampled(work);
        self.add(name, sample);
        result
    }

    /// Adds the sum of the last samples of other series.
    pub fn sum(&mut self, name: &'static str, parts: &[&str]) {
        let sum = parts.iter().map(|part| self.last(part)).fold(Sample::default(), Add::add);
        self.add(name, sum);
    }

    /// The last sample of a series; NaN for an unknown name.
    #[must_use]
    pub fn last(&self, name: &str) -> Sample {
        self.samples(name).last().copied().unwrap_or(Sample::wall(f64::NAN))
    }

    /// Adds the samples of other rounds behind those of these.
    pub fn append(&mut self, other: &Self) {
        for (name, samples) in &other.series {
            samples.iter().for_each(|sample| self.add(name, *sample));
        }
    }

    /// The samples of a series; none for an unknown name.
    #[must_use]
    pub fn samples(&self, name: &str) -> &[Sample] {
        self.series.iter().find(|(known, _)| *known == name).map_or(&[], |(_, samples)| samples)
    }

    /// The median of a series, in seconds of wall time.
    #[must_use]
    pub fn median(&self, name: &str) -> f64 {
        median(&self.samples(name).iter().map(|sample| sample.wall).collect::<Vec<_>>())
    }

    /// How many times `numerator` is as long as `denominator`, round by round.
    #[must_use]
    pub fn ratio(&self, numerator: &str, denominator: &str) -> Spread {
        self.ratio_of(numerator, denominator, |sample| sample.wall)
    }

    /// The same in processor time, to which it matters less who else uses the machine.
    #[must_use]
    pub fn processor_ratio(&self, numerator: &str, denominator: &str) -> Spread {
        self.ratio_of(numerator, denominator, |sample| sample.processor)
    }

    fn ratio_of(&self, numerator: &str, denominator: &str, of: impl Fn(&Sample) -> f64) -> Spread {
        let pairs = self.samples(numerator).iter().zip(self.samples(denominator));
        Spread::of(&pairs.map(|(a, b)| of(a) / of(b)).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_even_number_lies_between_two() {
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&[9.0, 1.0, 3.0]), 3.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        let mut rounds = Rounds::default();
        // The second round was disturbed, which both felt.
        for (a, b) in [(2.0, 1.0), (20.0, 10.0), (2.2, 1.1)] {
            rounds.add("a", Sample { wall: a, processor: 1.0 });
            rounds.add("b", Sample { wall: b, processor: 4.0 });
        }
        let ratio = rounds.ratio("a", "b");
        assert!((ratio.median - 2.0).abs() < 1e-9 && (ratio.high - ratio.low).abs() < 1e-9, "{ratio:?}");
        assert_eq!(rounds.processor_ratio("a", "b").median, 0.25);
        rounds.sum("both", &["a", "b"]);
        assert_eq!(rounds.last("both").processor, 5.0);
        assert!(rounds.ratio("a", "nothing").median.is_nan());
    }
}
