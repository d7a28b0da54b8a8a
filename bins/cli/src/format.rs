//! The forms that results come in.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _, ValueParser};

/// A form of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// A graph in the language of Graphviz.
    Dot,
    /// JSON, with a published schema.
    Json,
    /// One name a line.
    Name,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// A picture.
    Svg,
    /// Text for people. The only form that may change at any time.
    #[default]
    Table,
    /// The JSON, as YAML.
    Yaml,
}

impl Format {
    /// The word on the command line.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Dot => "dot",
            Self::Json => "json",
            Self::Name => "name",
            Self::Sarif => "sarif",
            Self::Svg => "svg",
            Self::Table => "table",
            Self::Yaml => "yaml",
        }
    }

    const fn help(self) -> &'static str {
        match self {
            Self::Dot => "a graph for Graphviz",
            Self::Json => "JSON, stable",
            Self::Name => "one name a line",
            Self::Sarif => "SARIF 2.1.0, for code scanning",
            Self::Svg => "a picture of the graph",
            Self::Table => "text for people",
            Self::Yaml => "the JSON, as YAML",
        }
    }

    /// A parser that takes these forms and shows them in the help.
    pub(crate) fn among(forms: &'static [Self]) -> ValueParser {
        let values = forms
            .iter()
            .map(|form| PossibleValue::new(form.as_str()).help(form.help()));
        ValueParser::new(PossibleValuesParser::new(values).map(move |word| {
            let mut forms = forms.iter().copied();
            forms.find(|form| form.as_str() == word).unwrap_or_default()
        }))
    }
}
