//! What the field options of a message mean for JSON, worked out once per message type.

use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor, Value,
};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The layouts of the message types of a pool, filled as they are met.
#[derive(Debug)]
pub(crate) struct Plans {
    pool: DescriptorPool,
    extensions: Extensions,
    // Looked up by name only, never iterated.
    cache: RwLock<HashMap<String, Arc<MessagePlan>>>,
}

/// One message type.
#[derive(Debug)]
pub(crate) struct MessagePlan {
    /// Types that have a JSON form of their own.
    pub(crate) well_known: WellKnown,
    /// In declaration order.
    pub(crate) fields: Vec<FieldPlan>,
    /// `(amino.name)`.
    pub(crate) amino_name: Option<String>,
    /// `(amino.message_encoding)`.
    pub(crate) amino_encoding: Option<String>,
}

/// One field.
#[derive(Debug)]
pub(crate) struct FieldPlan {
    pub(crate) desc: FieldDescriptor,
    pub(crate) kind: Kind,
    /// `(gogoproto.nullable)`, true unless said otherwise.
    pub(crate) nullable: bool,
    /// How text or bytes of this field are to be read.
    pub(crate) number: NumberText,
    /// `(cosmos_proto.scalar)` is a decimal or an integer: amino shows it as a number even when empty.
    pub(crate) amino_number: bool,
    /// The oneof of this field, if it is a real one (not a proto3 `optional`).
    pub(crate) oneof: Option<String>,
    /// A proto3 `optional` scalar: absent differs from zero.
    pub(crate) optional: bool,
    /// `(amino.field_name)` or the proto name.
    pub(crate) amino_name: String,
    /// `(amino.dont_omitempty)`.
    pub(crate) amino_keep: bool,
    /// `(amino.encoding)`.
    pub(crate) amino_encoding: Option<String>,
    /// `(amino.oneof_name)`.
    pub(crate) amino_oneof: Option<String>,
}

/// Whether text or bytes hold a number in disguise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberText {
    /// Not a number.
    No,
    /// An integer in decimal text.
    Integer,
    /// An integer times 10^18 in decimal text.
    Fixed,
}

/// Types whose JSON is not an object of their fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WellKnown {
    /// An ordinary message.
    None,
    Timestamp,
    Duration,
    Any,
    /// A wrapper such as `Int64Value`: shown as its value.
    Wrapper,
    /// Printed by the SDK as a Go structure: see the module of JSON.
    GoStruct,
}

#[derive(Debug)]
struct Extensions {
    nullable: Option<ExtensionDescriptor>,
    customtype: Option<ExtensionDescriptor>,
    scalar: Option<ExtensionDescriptor>,
    amino_name: Option<ExtensionDescriptor>,
    amino_message_encoding: Option<ExtensionDescriptor>,
    amino_field_name: Option<ExtensionDescriptor>,
    amino_keep: Option<ExtensionDescriptor>,
    amino_encoding: Option<ExtensionDescriptor>,
    amino_oneof: Option<ExtensionDescriptor>,
}

impl Plans {
    pub(crate) fn new(pool: &DescriptorPool) -> Self {
        let get = |name| pool.get_extension_by_name(name);
        let extensions = Extensions {
            nullable: get("gogoproto.nullable"),
            customtype: get("gogoproto.customtype"),
            scalar: get("cosmos_proto.scalar"),
            amino_name: get("amino.name"),
            amino_message_encoding: get("amino.message_encoding"),
            amino_field_name: get("amino.field_name"),
            amino_keep: get("amino.dont_omitempty"),
            amino_encoding: get("amino.encoding"),
            amino_oneof: get("amino.oneof_name"),
        };
        Self { pool: pool.clone(), extensions, cache: RwLock::new(HashMap::new()) }
    }

    pub(crate) fn pool(&self) -> &DescriptorPool {
        &self.pool
    }

    /// The layout of `desc`. Two threads may work it out at the same time; both results are equal.
    pub(crate) fn get(&self, desc: &MessageDescriptor) -> Arc<MessagePlan> {
        let name = desc.full_name();
        if let Some(plan) = self.cache.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Arc::clone(plan);
        }
        let plan = Arc::new(self.build(desc));
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        cache.insert(name.to_owned(), Arc::clone(&plan));
        plan
    }

    /// The message an `Any` type url names: what follows the last slash.
    pub(crate) fn resolve(&self, type_url: &str) -> Option<MessageDescriptor> {
        let (_, name) = type_url.rsplit_once('/')?;
        self.pool.get_message_by_name(name)
    }

    fn build(&self, desc: &MessageDescriptor) -> MessagePlan {
        let options = desc.options();
        let mut fields: Vec<FieldDescriptor> = desc.fields().collect();
        // The descriptor lists fields by number; the last part of the path is the place in the file.
        fields.sort_by_key(|field| field.path().last().copied());
        MessagePlan {
            well_known: well_known(desc.full_name()),
            fields: fields.into_iter().map(|field| self.build_field(field)).collect(),
            amino_name: text(&options, &self.extensions.amino_name),
            amino_encoding: text(&options, &self.extensions.amino_message_encoding),
        }
    }

    fn build_field(&self, desc: FieldDescriptor) -> FieldPlan {
        let options = desc.options();
        let kind = desc.kind();
        let custom = text(&options, &self.extensions.customtype).and_then(|t| number_of(&t));
        let scalar = text(&options, &self.extensions.scalar).and_then(|t| number_of(&t));
        let number = match (&kind, custom, scalar) {
            (Kind::String | Kind::Bytes, Some(number), _) | (Kind::Bytes, None, Some(number)) => number,
            _ => NumberText::No,
        };
        let optional = desc.field_descriptor_proto().proto3_optional();
        let oneof = if optional { None } else { desc.containing_oneof().map(|o| o.name().to_owned()) };
        FieldPlan {
            nullable: flag(&options, &self.extensions.nullable).unwrap_or(true),
            number,
            amino_number: scalar.is_some() || custom.is_some(),
            optional,
            oneof,
            amino_name: text(&options, &self.extensions.amino_field_name)
                .unwrap_or_else(|| desc.name().to_owned()),
            amino_keep: flag(&options, &self.extensions.amino_keep).unwrap_or(false),
            amino_encoding: text(&options, &self.extensions.amino_encoding),
            amino_oneof: text(&options, &self.extensions.amino_oneof),
            kind,
            desc,
        }
    }
}

impl FieldPlan {
    /// The proto name.
    pub(crate) fn name(&self) -> &str {
        self.desc.name()
    }
}

/// `cosmossdk.io/math.LegacyDec`, `cosmos.Int` and the like, by the last part of the name.
fn number_of(type_name: &str) -> Option<NumberText> {
    match type_name.rsplit('.').next()? {
        "LegacyDec" | "Dec" => Some(NumberText::Fixed),
        "Int" | "Uint" => Some(NumberText::Integer),
        _ => None,
    }
}

fn well_known(full_name: &str) -> WellKnown {
    match full_name {
        "google.protobuf.Timestamp" => WellKnown::Timestamp,
        "google.protobuf.Duration" => WellKnown::Duration,
        "google.protobuf.Any" => WellKnown::Any,
        "google.protobuf.DoubleValue"
        | "google.protobuf.FloatValue"
        | "google.protobuf.Int64Value"
        | "google.protobuf.UInt64Value"
        | "google.protobuf.Int32Value"
        | "google.protobuf.UInt32Value"
        | "google.protobuf.BoolValue"
        | "google.protobuf.StringValue"
        | "google.protobuf.BytesValue" => WellKnown::Wrapper,
        "cosmos.staking.v1beta1.RedelegationResponse" => WellKnown::GoStruct,
        _ => WellKnown::None,
    }
}

fn option(options: &DynamicMessage, extension: &Option<ExtensionDescriptor>) -> Option<Value> {
    let extension = extension.as_ref()?;
    options.has_extension(extension).then(|| options.get_extension(extension).into_owned())
}

fn text(options: &DynamicMessage, extension: &Option<ExtensionDescriptor>) -> Option<String> {
    match option(options, extension)? {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

fn flag(options: &DynamicMessage, extension: &Option<ExtensionDescriptor>) -> Option<bool> {
    option(options, extension)?.as_bool()
}
