//! Path templates of HTTP rules: `/cosmos/bank/v1beta1/denom_owners/{denom=**}`.

/// One segment of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// Exactly this text.
    Literal(String),
    /// Any one segment.
    One,
    /// All that is left, slashes included; only at the end.
    Rest,
}

/// A parsed template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    /// What a path must look like.
    pub(super) segments: Vec<Segment>,
    /// The fields filled from the path, each with the range of segments it takes.
    pub(super) variables: Vec<Variable>,
}

/// A field filled from a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variable {
    /// The field's path, `pagination.limit` as two names.
    pub(super) field: Vec<String>,
    /// The first of its segments.
    pub(super) start: usize,
    /// How many of the template's segments it takes.
    pub(super) length: usize,
}

/// Reads a template.
///
/// # Errors
/// Says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Template, String> {
    let fail = |why: &str| format!("http rule {text:?}: {why}");
    let mut rest = text.strip_prefix('/').ok_or_else(|| fail("it must begin with a slash"))?;
    let mut template = Template { segments: Vec::new(), variables: Vec::new() };
    loop {
        if let Some(inside) = rest.strip_prefix('{') {
            let (variable, after) = inside.split_once('}').ok_or_else(|| fail("a brace is not closed"))?;
            let (field, pattern) = variable.split_once('=').unwrap_or((variable, "*"));
            if field.is_empty() || field.split('.').any(str::is_empty) {
                return Err(fail("a variable has no name"));
            }
            let start = template.segments.len();
            for part in pattern.split('/') {
                template
                    .segments
                    .push(segment(part).ok_or_else(|| fail("a segment is empty or holds a brace"))?);
            }
            template.variables.push(Variable {
                field: field.split('.').map(str::to_owned).collect(),
                start,
                length: template.segments.len().saturating_sub(start),
            });
            rest = after;
        } else {
            let end = rest.find('/').unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            template.segments.push(segment(part).ok_or_else(|| fail("a segment is empty or holds a brace"))?);
            rest = after;
        }
        match rest.strip_prefix('/') {
            Some(after) => rest = after,
            None if rest.is_empty() => break,
            None => return Err(fail("something follows a closing brace")),
        }
    }
    let inner = template.segments.split_last().map_or(&[][..], |(_, inner)| inner);
    if inner.contains(&Segment::Rest) {
        return Err(fail("** may only stand at the end"));
    }
    Ok(template)
}

fn segment(text: &str) -> Option<Segment> {
    match text {
        "" => None,
        "*" => Some(Segment::One),
        "**" => Some(Segment::Rest),
        text if text.contains(['{', '}', '*']) => None,
        text => Some(Segment::Literal(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_taken_apart() {
        let template = parse("/a/{x}/b/{page.size=**}").unwrap();
        let literal = |text: &str| Segment::Literal(text.to_owned());
        assert_eq!(template.segments, [literal("a"), Segment::One, literal("b"), Segment::Rest]);
        assert_eq!(template.variables.len(), 2);
        assert_eq!(template.variables[1].field, ["page", "size"]);
        assert_eq!((template.variables[1].start, template.variables[1].length), (3, 1));
        let template = parse("/v1/{name=shelves/*/books/*}").unwrap();
        assert_eq!((template.segments.len(), template.variables[0].length), (5, 4));
    }

    #[test]
    fn templates_that_make_no_sense_are_refused() {
        for bad in ["a", "/a//b", "/{}", "/{a.}", "/{a", "/{a}x", "/{a=**}/b", "/a*b", ""] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
