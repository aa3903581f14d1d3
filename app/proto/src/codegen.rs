//! Compiles `.proto` files into Rust types and a descriptor set, without `protoc`.
//!
//! Used by this crate for the standard definitions and by a module crate for its own folder. The output is checked in;
//! [`Generated::differences`] lets a test assert that it is what the definitions say.

mod javascript;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use prost_build::Module;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet};
use protox::Compiler;
use protox::file::{ChainFileResolver, DescriptorSetFileResolver, GoogleFileResolver, IncludeFileResolver};

/// The name of the descriptor set among the generated files.
pub const DESCRIPTORS: &str = "descriptors.bin";
/// The name of the file that nests the generated packages as Rust modules.
pub const MODULES: &str = "mod.rs";

/// Generated files by name, held in memory until they are written or compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    files: BTreeMap<String, Vec<u8>>,
}

impl Generated {
    /// The content of each file by its name inside the output folder.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// Writes all files into `out_dir` and removes generated files that are no longer wanted.
    ///
    /// # Errors
    /// If the folder cannot be read or written.
    pub fn write(&self, out_dir: &Path) -> Result<()> {
        std::fs::create_dir_all(out_dir).with_context(|| format!("cannot create {}", out_dir.display()))?;
        for name in present(out_dir)? {
            if !self.files.contains_key(&name) {
                let path = out_dir.join(&name);
                std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        for (name, content) in &self.files {
            let path = out_dir.join(name);
            if std::fs::read(&path).ok().as_ref() != Some(content) {
                std::fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
        Ok(())
    }

    /// The names of files in `out_dir` that differ from these, are missing, or should not be there.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn differences(&self, out_dir: &Path) -> Result<Vec<String>> {
        let mut names: BTreeSet<String> = present(out_dir)?;
        names.extend(self.files.keys().cloned());
        let differs = |name: &String| std::fs::read(out_dir.join(name)).ok().as_ref() != self.files.get(name);
        Ok(names.into_iter().filter(differs).collect())
    }
}

/// Compiles the standard definitions of this crate in `proto_dir`.
///
/// The descriptor set holds every file they import, those of Google included.
///
/// # Errors
/// If a file cannot be read or compiled.
pub fn generate_standard(proto_dir: &Path) -> Result<Generated> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(IncludeFileResolver::new(proto_dir.to_path_buf()));
    resolver.add(GoogleFileResolver::new());
    let names = proto_files(proto_dir)?;
    compile(resolver, &names, &[], true)
}

/// Compiles the definitions in `proto_dirs`, which may import each other and every standard file.
///
/// Types of the standard definitions are taken from this crate; `extern_paths` adds more, as pairs of a protobuf path
/// (".agora.dex.v1") and the Rust path it is found at ("::agora_dex::proto::agora::dex::v1"), whose definitions are
/// given as encoded descriptor sets in `extern_descriptors`. Only the files of `proto_dirs` appear in the output.
///
/// # Errors
/// If a file cannot be read or compiled, or a folder holds none.
pub fn generate(
    proto_dirs: &[PathBuf],
    extern_paths: &[(String, String)],
    extern_descriptors: &[&[u8]],
) -> Result<Generated> {
    let mut resolver = ChainFileResolver::new();
    let mut names = Vec::new();
    for dir in proto_dirs {
        resolver.add(IncludeFileResolver::new(dir.clone()));
        names.extend(proto_files(dir)?);
    }
    let standard = crate::file_descriptor_set();
    for set in std::iter::once(&standard).chain(extern_descriptors) {
        resolver.add(
            DescriptorSetFileResolver::decode(*set).context("an imported descriptor set does not decode")?,
        );
    }
    resolver.add(GoogleFileResolver::new());
    let mut paths = standard_extern_paths()?;
    paths.extend_from_slice(extern_paths);
    compile(resolver, &names, &paths, false)
}

/// Compiles the definitions in `proto_dirs`, which may import each other and every standard file, into the modules of the
/// JavaScript package: one for each package, those of standard messages that they refer to included.
///
/// # Errors
/// If a file cannot be read or compiled, a folder holds none, or a definition has no JavaScript form.
pub fn generate_javascript(proto_dirs: &[PathBuf]) -> Result<Generated> {
    let mut resolver = ChainFileResolver::new();
    let mut names = Vec::new();
    for dir in proto_dirs {
        resolver.add(IncludeFileResolver::new(dir.clone()));
        names.extend(proto_files(dir)?);
    }
    let standard = DescriptorSetFileResolver::decode(crate::file_descriptor_set());
    resolver.add(standard.context("the standard descriptor set does not decode")?);
    resolver.add(GoogleFileResolver::new());
    // Encoded, because the types of descriptors forget options that they do not know.
    let set = compiler(resolver, &names)?.encode_file_descriptor_set();
    let pool =
        prost_reflect::DescriptorPool::decode(set.as_slice()).context("the definitions do not decode")?;
    Ok(Generated { files: javascript::modules(&pool, &names)? })
}

/// Where the packages of this crate are found from another crate.
fn standard_extern_paths() -> Result<Vec<(String, String)>> {
    let set = <FileDescriptorSet as prost::Message>::decode(crate::file_descriptor_set())
        .context("the standard descriptor set does not decode")?;
    let packages: BTreeSet<&str> = set.file.iter().map(FileDescriptorProto::package).collect();
    Ok(packages
        .into_iter()
        .filter(|package| *package != "google.protobuf")
        .map(|package| {
            let module = Module::from_protobuf_package_name(package);
            let path: Vec<&str> = module.parts().collect();
            (format!(".{package}"), format!("::agora_proto::types::{}", path.join("::")))
        })
        .collect())
}

fn compile(
    resolver: ChainFileResolver,
    names: &[String],
    extern_paths: &[(String, String)],
    with_imports: bool,
) -> Result<Generated> {
    let mut compiler = compiler(resolver, names)?;
    // Comments become documentation; the descriptor set that is served does without them.
    let mut files = rust_files(compiler.file_descriptor_set(), extern_paths)?;
    compiler.include_source_info(false).include_imports(with_imports);
    files.insert(DESCRIPTORS.to_owned(), compiler.encode_file_descriptor_set());
    Ok(Generated { files })
}

/// A compiler that has read the files, comments and imports included.
fn compiler(resolver: ChainFileResolver, names: &[String]) -> Result<Compiler> {
    if names.is_empty() {
        bail!("no .proto file found: check the folder given");
    }
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_source_info(true).include_imports(true);
    compiler.open_files(names).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    Ok(compiler)
}

fn rust_files(
    set: FileDescriptorSet,
    extern_paths: &[(String, String)],
) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut config = prost_build::Config::new();
    config.enable_type_names().btree_map(["."]);
    for (proto, rust) in extern_paths {
        config.extern_path(proto, rust);
    }
    // Imports take part so that their types are known; those with a path elsewhere yield no code.
    let requests: Vec<(Module, FileDescriptorProto)> = set
        .file
        .into_iter()
        .map(|mut file| {
            file.message_type.iter_mut().for_each(separate_names);
            (Module::from_protobuf_package_name(file.package()), file)
        })
        .collect();
    let modules: BTreeMap<Module, String> =
        config.generate(requests).context("cannot generate types")?.into_iter().collect();

    let mut files = BTreeMap::new();
    let mut root = Node::default();
    for (module, content) in modules {
        let name = module.to_file_name_or("root");
        root.insert(&module.parts().collect::<Vec<_>>(), &name);
        files.insert(name, content.into_bytes());
    }
    let mut text = String::from("// This file is @generated by prost-build.\n");
    root.print(0, &mut text);
    files.insert(MODULES.to_owned(), text.into_bytes());
    Ok(files)
}

/// Renames a oneof to "<name>_choice" where its Rust enum would clash with a nested type. The wire knows no such name.
fn separate_names(message: &mut DescriptorProto) {
    message.nested_type.iter_mut().for_each(separate_names);
    let nested: BTreeSet<String> = (message.nested_type.iter().map(DescriptorProto::name))
        .chain(message.enum_type.iter().map(EnumDescriptorProto::name))
        .map(str::to_lowercase)
        .collect();
    for oneof in &mut message.oneof_decl {
        if nested.contains(&oneof.name().replace('_', "")) {
            oneof.name = Some(format!("{}_choice", oneof.name()));
        }
    }
}

/// A Rust module of the tree of packages.
#[derive(Default)]
struct Node {
    file: Option<String>,
    children: BTreeMap<String, Node>,
}

impl Node {
    fn insert(&mut self, path: &[&str], file: &str) {
        match path.split_first() {
            None => self.file = Some(file.to_owned()),
            Some((head, rest)) => self.children.entry((*head).to_owned()).or_default().insert(rest, file),
        }
    }

    fn print(&self, depth: usize, text: &mut String) {
        let indent = "    ".repeat(depth);
        if let Some(file) = &self.file {
            let _ = writeln!(text, "{indent}include!(\"{file}\");");
        }
        for (name, child) in &self.children {
            let _ = writeln!(text, "{indent}pub mod {name} {{");
            child.print(depth.saturating_add(1), text);
            let _ = writeln!(text, "{indent}}}");
        }
    }
}

/// The import names of all `.proto` files under a folder, sorted.
fn proto_files(dir: &Path) -> Result<Vec<String>> {
    fn walk(root: &Path, dir: &Path, names: &mut Vec<String>) -> Result<()> {
        let entries = std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
        for entry in entries {
            let path = entry.with_context(|| format!("cannot read {}", dir.display()))?.path();
            if path.is_dir() {
                walk(root, &path, names)?;
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                let relative = path.strip_prefix(root).unwrap_or(&path);
                let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
                names.push(parts.join("/"));
            }
        }
        Ok(())
    }
    let mut names = Vec::new();
    walk(dir, dir, &mut names)?;
    names.sort();
    Ok(names)
}

/// The generated files already in a folder; none if it does not exist.
fn present(dir: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    if !dir.is_dir() {
        return Ok(names);
    }
    for entry in std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let entry = entry.with_context(|| format!("cannot read {}", dir.display()))?;
        names.insert(entry.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}
