//! Definitions as JavaScript modules with their TypeScript declarations, for the client package in `js/`.
//!
//! A module of JavaScript lists the fields of each message; how they are encoded is the package's own `wire.js` and
//! `amino.js`. One module for each package that the messages of the given folders reach.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Result, bail};
use prost_reflect::{
    Cardinality, DescriptorPool, FieldDescriptor, Kind, MessageDescriptor, ServiceDescriptor,
};

use crate::options;

/// The messages of one package, each after those it was found through.
type Packages = BTreeMap<String, BTreeMap<String, MessageDescriptor>>;

/// Generates the modules for the packages of `own`, files of `pool`, and for what they refer to: name to text.
///
/// # Errors
/// A definition uses what the package cannot express: maps, groups, floating point numbers.
pub(super) fn modules(pool: &DescriptorPool, own: &[String]) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut packages = Packages::new();
    let mut services: BTreeMap<String, Vec<ServiceDescriptor>> = BTreeMap::new();
    for file in pool.files().filter(|file| own.iter().any(|name| name == file.name())) {
        for message in file.messages() {
            collect(&message, &mut packages);
        }
        for service in file.services() {
            services.entry(file.package_name().to_owned()).or_default().push(service);
        }
    }
    let mut files = BTreeMap::new();
    for (package, messages) in &packages {
        let services = services.get(package).map(Vec::as_slice).unwrap_or_default();
        files.insert(format!("{package}.js"), javascript(package, messages, services)?.into_bytes());
        files.insert(format!("{package}.d.ts"), declarations(package, messages, services)?.into_bytes());
    }
    Ok(files)
}

/// A message and everything its fields hold.
fn collect(message: &MessageDescriptor, packages: &mut Packages) {
    let known = packages.entry(message.package_name().to_owned()).or_default();
    if known.insert(name_of(message), message.clone()).is_some() {
        return;
    }
    for field in message.fields() {
        if let Kind::Message(inner) = field.kind() {
            collect(&inner, packages);
        }
    }
}

/// The name in its module: `Outer_Inner` for a nested message.
fn name_of(message: &MessageDescriptor) -> String {
    let package = message.package_name();
    let name = message.full_name().strip_prefix(package).unwrap_or(message.full_name());
    name.trim_start_matches('.').replace('.', "_")
}

/// How a package is called inside a module that uses it.
fn alias(package: &str) -> String {
    package.replace('.', "_")
}

/// The other packages that the messages use.
fn imports(
    package: &str,
    messages: &BTreeMap<String, MessageDescriptor>,
    services: &[ServiceDescriptor],
) -> BTreeSet<String> {
    let fields =
        messages.values().flat_map(MessageDescriptor::fields).filter_map(|field| match field.kind() {
            Kind::Message(inner) => Some(inner.package_name().to_owned()),
            _ => None,
        });
    let methods = services.iter().flat_map(|service| service.methods().collect::<Vec<_>>());
    let used = methods
        .flat_map(|method| [method.input(), method.output()])
        .map(|message| message.package_name().to_owned());
    fields.chain(used).filter(|other| other != package).collect()
}

fn reference(package: &str, message: &MessageDescriptor) -> String {
    let name = name_of(message);
    if message.package_name() == package { name } else { format!("{}.{name}", alias(message.package_name())) }
}

/// The word for a field's type in `wire.js`, and its type in TypeScript.
fn scalar(field: &FieldDescriptor) -> Result<(&'static str, &'static str)> {
    Ok(match field.kind() {
        Kind::String if is_decimal(field) => ("decimal", "string"),
        Kind::String if is_integer(field) => ("integer", "string"),
        Kind::String => ("string", "string"),
        Kind::Bytes => ("bytes", "Uint8Array"),
        Kind::Bool => ("bool", "boolean"),
        Kind::Int32 | Kind::Enum(_) => ("int32", "number"),
        Kind::Uint32 => ("uint32", "number"),
        Kind::Int64 => ("int64", "bigint"),
        Kind::Uint64 => ("uint64", "bigint"),
        other => bail!("{}: fields of type {other:?} have no JavaScript form here", field.full_name()),
    })
}

fn is_decimal(field: &FieldDescriptor) -> bool {
    matches!(options::field_options(field).customtype.as_deref(), Some("LegacyDec" | "Dec"))
}

fn is_integer(field: &FieldDescriptor) -> bool {
    matches!(options::field_options(field).customtype.as_deref(), Some("Int" | "Uint"))
}

/// What `wire.js` and `amino.js` have to know beyond number, name and type.
fn flags(field: &FieldDescriptor) -> Vec<&'static str> {
    let said = options::field_options(field);
    let oneof = field.containing_oneof().is_some();
    let flags = [
        ("list", field.cardinality() == Cardinality::Repeated),
        ("keep", said.dont_omitempty),
        ("coins", said.amino_encoding.as_deref() == Some("legacy_coins")),
        ("choice", oneof),
    ];
    flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| name).collect()
}

fn javascript(
    package: &str,
    messages: &BTreeMap<String, MessageDescriptor>,
    services: &[ServiceDescriptor],
) -> Result<String> {
    let mut text = format!("// Generated from the definitions of {package}: do not edit.\n\n");
    let needs = if services.is_empty() { "message" } else { "message, service" };
    writeln!(text, "import {{ {needs} }} from \"../wire.js\";")?;
    for other in imports(package, messages, services) {
        writeln!(text, "import * as {} from \"./{other}.js\";", alias(&other))?;
    }
    for (name, message) in messages {
        let amino =
            options::amino_name(message).map_or_else(|| "undefined".to_owned(), |name| format!("{name:?}"));
        write!(text, "\nexport const {name} = message({:?}, {amino}, [", message.full_name())?;
        let mut fields: Vec<FieldDescriptor> = message.fields().collect();
        fields.sort_by_key(FieldDescriptor::number);
        for field in &fields {
            if field.is_map() || field.is_group() {
                bail!("{}: maps and groups have no JavaScript form here", field.full_name());
            }
            let kind = match field.kind() {
                Kind::Message(inner) => format!("() => {}", reference(package, &inner)),
                _ => format!("{:?}", scalar(field)?.0),
            };
            let flags: String = flags(field).iter().map(|flag| format!(", {flag:?}")).collect();
            write!(text, "\n  [{}, {:?}, {kind}{flags}],", field.number(), field.name())?;
        }
        text.push_str(if fields.is_empty() { "]);\n" } else { "\n]);\n" });
    }
    for service in services {
        writeln!(text, "\nexport const {} = service({:?}, {{", service.name(), service.full_name())?;
        for method in service.methods() {
            let (input, output) = (reference(package, &method.input()), reference(package, &method.output()));
            writeln!(text, "  {}: [{:?}, {input}, {output}],", lower_first(method.name()), method.name())?;
        }
        text.push_str("});\n");
    }
    Ok(text)
}

fn declarations(
    package: &str,
    messages: &BTreeMap<String, MessageDescriptor>,
    services: &[ServiceDescriptor],
) -> Result<String> {
    let mut text = format!("// Generated from the definitions of {package}: do not edit.\n\n");
    let needs = if services.is_empty() { "MessageType" } else { "MessageType, ServiceType" };
    writeln!(text, "import type {{ {needs} }} from \"../wire.js\";")?;
    for other in imports(package, messages, services) {
        writeln!(text, "import type * as {} from \"./{other}.js\";", alias(&other))?;
    }
    for (name, message) in messages {
        text.push('\n');
        comment(&mut text, "", message.parent_file().file_descriptor_proto(), message.path())?;
        writeln!(text, "export interface {name} {{")?;
        for field in message.fields() {
            comment(&mut text, "  ", message.parent_file().file_descriptor_proto(), field.path())?;
            let list = field.cardinality() == Cardinality::Repeated;
            let (kind, optional) = match field.kind() {
                Kind::Message(inner) => {
                    let required = options::field_options(&field).nullable == Some(false);
                    (reference(package, &inner), !required && !list)
                }
                _ => (scalar(&field)?.1.to_owned(), field.containing_oneof().is_some()),
            };
            let mark = if optional { "?" } else { "" };
            writeln!(text, "  {}{mark}: {kind}{};", field.json_name(), if list { "[]" } else { "" })?;
        }
        writeln!(text, "}}\nexport const {name}: MessageType<{name}>;")?;
    }
    for service in services {
        let name = service.name();
        text.push('\n');
        comment(&mut text, "", service.parent_file().file_descriptor_proto(), service.path())?;
        writeln!(text, "export interface {name} {{")?;
        for method in service.methods() {
            comment(&mut text, "  ", service.parent_file().file_descriptor_proto(), method.path())?;
            let (input, output) = (reference(package, &method.input()), reference(package, &method.output()));
            writeln!(
                text,
                "  {}(request?: Partial<{input}>): Promise<{output}>;",
                lower_first(method.name())
            )?;
        }
        writeln!(text, "}}\nexport const {name}: ServiceType<{name}>;")?;
    }
    Ok(text)
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

/// The comment in front of a definition.
fn comment(
    text: &mut String,
    indent: &str,
    file: &prost_types::FileDescriptorProto,
    path: &[i32],
) -> Result<()> {
    let places = file.source_code_info.as_ref().map(|info| info.location.as_slice()).unwrap_or_default();
    let said =
        places.iter().find(|place| place.path == path).and_then(|place| place.leading_comments.as_deref());
    let lines: Vec<&str> =
        said.unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.as_slice() {
        [] => {}
        [one] => writeln!(text, "{indent}/** {one} */")?,
        several => {
            writeln!(text, "{indent}/**")?;
            for line in several {
                writeln!(text, "{indent} * {line}")?;
            }
            writeln!(text, "{indent} */")?;
        }
    }
    Ok(())
}
