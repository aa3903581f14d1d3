//! A line of prices over time as a small chart of characters.

use super::figure::figure;

/// With what a chart is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Style {
    /// Braille patterns: two by four dots in a character.
    Braille,
    /// Characters that every terminal has.
    Ascii,
}

impl Style {
    /// Dots in a character, across and down.
    const fn dots(self) -> (usize, usize) {
        match self {
            Self::Braille => (2, 4),
            Self::Ascii => (1, 1),
        }
    }
}

/// A field of dots, row by row from the top.
struct Canvas {
    across: usize,
    dots: Vec<bool>,
}

impl Canvas {
    fn new(across: usize, down: usize) -> Self {
        Self { across, dots: vec![false; across.saturating_mul(down)] }
    }

    fn set(&mut self, x: usize, y: usize) {
        if x < self.across
            && let Some(dot) = self.dots.get_mut(y.saturating_mul(self.across).saturating_add(x))
        {
            *dot = true;
        }
    }

    fn get(&self, x: usize, y: usize) -> bool {
        x < self.across
            && self.dots.get(y.saturating_mul(self.across).saturating_add(x)).copied().unwrap_or_default()
    }

    /// The characters of a line of text.
    fn line(&self, style: Style, row: usize) -> String {
        let (wide, high) = style.dots();
        let cell = |column: usize| {
            let at = |x: usize, y: usize| {
                self.get(
                    column.saturating_mul(wide).saturating_add(x),
                    row.saturating_mul(high).saturating_add(y),
                )
            };
            match style {
                Style::Ascii => {
                    if at(0, 0) {
                        '*'
                    } else {
                        ' '
                    }
                }
                Style::Braille => {
                    // The numbering of Unicode: the left column from the top, the right one, then the lowest pair.
                    const ORDER: [(usize, usize); 8] =
                        [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
                    let bits = ORDER
                        .iter()
                        .enumerate()
                        .filter(|(_, (x, y))| at(*x, *y))
                        .fold(0u32, |bits, (bit, _)| bits | (1 << bit));
                    char::from_u32(0x2800 | bits).filter(|_| bits != 0).unwrap_or(' ')
                }
            }
        };
        (0..self.across / wide).map(cell).collect::<String>().trim_end().to_owned()
    }
}

/// The least and the greatest figure; a line that does not move gets a little room around it.
fn bounds(points: &[Option<f64>]) -> Option<(f64, f64)> {
    let known = || points.iter().flatten().copied().filter(|price| price.is_finite());
    let (low, high) = (known().reduce(f64::min)?, known().reduce(f64::max)?);
    if high > low {
        return Some((low, high));
    }
    let room = if low == 0.0 { 1.0 } else { low.abs() * 0.01 };
    Some((low - room, high + room))
}

/// Draws points at equal distances, `width` by `height` characters without the scale at the left; what is not known is a gap.
/// Nothing where no point is known.
pub fn draw(points: &[Option<f64>], width: usize, height: usize, style: Style) -> Vec<String> {
    let Some((low, high)) = bounds(points) else { return Vec::new() };
    let (wide, tall) = style.dots();
    let (across, down) = (width.max(1).saturating_mul(wide), height.max(1).saturating_mul(tall));
    let mut canvas = Canvas::new(across, down);
    let last = points.len().saturating_sub(1).max(1);
    let row = |price: f64| {
        let share = (high - price) / (high - low);
        (share * (down.saturating_sub(1)) as f64).round() as usize
    };
    // Every column takes the price of the nearest point; steps between columns are filled, so that the line holds together.
    let mut before: Option<usize> = None;
    for x in 0..across {
        let index = (x as f64 / (across.saturating_sub(1).max(1)) as f64 * last as f64).round() as usize;
        let here = points.get(index).copied().flatten().filter(|price| price.is_finite()).map(row);
        if let Some(y) = here {
            let from = before.unwrap_or(y);
            for fill in from.min(y)..=from.max(y) {
                // The column of a step begins beside the end of the one before.
                if fill == y || fill != from {
                    canvas.set(x, fill);
                }
            }
        }
        before = here;
    }
    let height = height.max(1);
    let label = |line: usize| {
        let share = if height == 1 { 0.0 } else { line as f64 / height.saturating_sub(1) as f64 };
        let named = line == 0 || line == height.saturating_sub(1) || line == height / 2;
        if named { figure(high - (high - low) * share) } else { String::new() }
    };
    let labels: Vec<String> = (0..height).map(label).collect();
    let margin = labels.iter().map(String::len).max().unwrap_or_default();
    let axis = match style {
        Style::Braille => ('┤', '│'),
        Style::Ascii => ('+', '|'),
    };
    labels
        .iter()
        .enumerate()
        .map(|(line, label)| {
            let mark = if label.is_empty() { axis.1 } else { axis.0 };
            format!("{label:>margin$} {mark}{}", canvas.line(style, line)).trim_end().to_owned()
        })
        .collect()
}

/// How many characters the scale at the left of a chart takes.
pub fn margin(lines: &[String]) -> usize {
    lines
        .first()
        .and_then(|line| line.chars().position(|c| matches!(c, '┤' | '+')))
        .map_or(0, |at| at.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ascii(points: &[Option<f64>], width: usize, height: usize) -> String {
        draw(points, width, height, Style::Ascii).join("\n")
    }

    #[test]
    fn a_rising_line_rises() {
        let points: Vec<Option<f64>> = (0..5).map(|n| Some(f64::from(n))).collect();
        assert_eq!(ascii(&points, 5, 5), "4 +    *\n  |   *\n2 +  *\n  | *\n0 +*");
    }

    #[test]
    fn a_step_is_one_line_and_a_gap_stays_open() {
        let points = [Some(1.0), Some(1.0), Some(4.0), None, Some(4.0)];
        assert_eq!(ascii(&points, 5, 4), "4 +  * *\n  |  *\n2 +  *\n1 +**");
    }

    #[test]
    fn a_line_that_does_not_move_lies_in_the_middle() {
        assert_eq!(ascii(&[Some(5.0), Some(5.0), Some(5.0)], 3, 3), "5.05 +\n   5 +***\n4.95 +");
        assert!(ascii(&[Some(0.0)], 3, 3).contains('*'));
    }

    #[test]
    fn braille_has_two_by_four_dots_in_a_character() {
        let points: Vec<Option<f64>> = (0..4).map(|n| Some(f64::from(n))).collect();
        assert_eq!(draw(&points, 2, 1, Style::Braille), ["3 ┤⡠⠊"]);
        let flat = draw(&[Some(1.0), Some(1.0)], 3, 2, Style::Braille);
        assert_eq!(flat.len(), 2);
        assert!(flat.iter().any(|line| line.contains('⣀') || line.contains('⠉')), "{flat:?}");
    }

    #[test]
    fn no_points_make_no_chart_and_no_figure_makes_it_panic() {
        assert!(draw(&[], 10, 5, Style::Braille).is_empty());
        assert!(draw(&[None, Some(f64::NAN)], 10, 5, Style::Braille).is_empty());
        for points in
            [vec![Some(1e300), Some(-1e300)], vec![Some(f64::MIN_POSITIVE), Some(1.0)], vec![Some(1.0); 5000]]
        {
            for (width, height) in [(0, 0), (1, 1), (80, 20)] {
                assert_eq!(draw(&points, width, height, Style::Braille).len(), height.max(1));
            }
        }
    }
}
