//! What Go and the libraries of a file say of how long clients live; the rest is `code::lifetime`.

use tree_sitter::Node;

use crate::extract::code::form::{CodeFile, FunctionForm};
use crate::extract::code::lifetime::{LifetimeWords, read_lifetime};
use crate::extract::code::value::FileAt;
use crate::extract::go::package::SeenGoFiles;
use crate::extract::go::reader::GoFileReader;
use crate::facts::raw::ClientLifetime;
use crate::knowledge::languages;

impl<'t, 'm, 'p> GoFileReader<'t, 'm, 'p> {
    /// Where the client that this node builds is built.
    pub(super) fn site(&self, node: Node<'t>) -> ClientLifetime {
        let for_show = self.supports_tests();
        let file = self.here();
        let Some(built) = file.outline().at_range(&node.byte_range()) else {
            return ClientLifetime {
                for_show,
                ..ClientLifetime::default()
            };
        };
        let libraries = file.libraries().flat_map(|l| l.candidates.iter().copied());
        let serves = |_: &CodeFile, function: &FunctionForm| self.serves(function);
        let words = LifetimeWords {
            libraries: libraries.collect(),
            every_call_ends: false,
            assigning_declares: false,
            timeouts: &[],
            serves: &serves,
        };
        let found = read_lifetime(&self.seen(), &words, (FileAt(self.file), built));
        ClientLifetime { for_show, ..found }
    }

    /// The code that the file sees.
    pub(super) fn seen(&self) -> SeenGoFiles<'p, 't, 'm> {
        SeenGoFiles {
            files: self.own_files(),
            package: self.here().sight().0,
        }
    }

    /// Its file is no program's, and imports what only tests and their helpers do.
    fn supports_tests(&self) -> bool {
        let support = languages::go().map(|go| &go.test_support);
        let mut imported = self.here().other_packages();
        !self.here().is_of_program()
            && support.is_some_and(|support| imported.any(|path| support.is(path)))
    }

    /// A parameter of the function is a request.
    fn serves(&self, function: &FunctionForm) -> bool {
        let mut types = function
            .parameters
            .iter()
            .flat_map(|parameter| &parameter.types);
        types.any(|ty| {
            let Some((package, name)) = ty.split_once('.') else {
                return false;
            };
            let path = self.here().other_package(package);
            let mut requests = languages::go().into_iter().flat_map(|l| &l.request);
            requests.any(|r| Some(r.import_path.as_str()) == path && r.name == name)
        })
    }
}
