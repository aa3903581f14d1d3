//! Curves as pictures for the page of results.

use std::path::Path;

use anyhow::Context;
use plotters::prelude::*;

/// A named line.
#[derive(Clone, Debug)]
pub struct Curve {
    /// What the legend says.
    pub name: String,
    /// Its points, in order.
    pub points: Vec<(f64, f64)>,
}

/// Curves over common axes that begin at zero.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file's name, beside the page.
    pub file: &'static str,
    /// The title.
    pub title: &'static str,
    /// What lies on the horizontal axis.
    pub x: &'static str,
    /// What lies on the vertical axis.
    pub y: &'static str,
    /// The lines.
    pub curves: Vec<Curve>,
}

impl Picture {
    /// Draws it into `folder`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn draw(&self, folder: &Path) -> anyhow::Result<()> {
        let path = folder.join(self.file);
        let mut text = String::new();
        self.draw_into(&mut text).map_err(|e| anyhow::anyhow!("{} cannot be drawn: {e}", self.file))?;
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    fn draw_into(&self, text: &mut String) -> Result<(), Box<dyn std::error::Error + '_>> {
        let points = self.curves.iter().flat_map(|curve| &curve.points);
        let (width, height) =
            points.fold((1.0_f64, 1.0_f64), |(width, height), (x, y)| (width.max(*x), height.max(*y)));
        let area = SVGBackend::with_string(text, (720, 420)).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(self.title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(48)
            .build_cartesian_2d(0.0..width * 1.05, 0.0..height * 1.1)?;
        chart.configure_mesh().x_desc(self.x).y_desc(self.y).light_line_style(WHITE).draw()?;
        for (index, curve) in self.curves.iter().enumerate() {
            let color = Palette99::pick(index).to_rgba();
            let dots = curve.points.iter().map(|point| Circle::new(*point, 3, color.filled()));
            chart
                .draw_series(LineSeries::new(curve.points.iter().copied(), color.stroke_width(2)))?
                .label(&curve.name)
                .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], color.stroke_width(2)));
            chart.draw_series(dots)?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.3))
            .draw()?;
        area.present()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_names_its_axes_and_curves() {
        let folder = tempfile::tempdir().unwrap();
        let curve = Curve { name: "nobody waits".to_owned(), points: vec![(1.0, 1.0), (2.0, 1.9)] };
        let picture =
            Picture { file: "p.svg", title: "Speed", x: "threads", y: "times", curves: vec![curve] };
        picture.draw(folder.path()).unwrap();
        let text = std::fs::read_to_string(folder.path().join("p.svg")).unwrap();
        assert!(text.starts_with("<svg"));
        for word in ["Speed", "threads", "times", "nobody waits"] {
            assert!(text.contains(word), "{word}");
        }
    }
}
