//! Which flavor and version a server is, as far as its image and the settings say.

use crate::facts::raw::Declaration;
use crate::facts::{Datum, Reason, Value};
use crate::knowledge::shapes::ImageReference;
use crate::resolve::server::Resolver;
use crate::resolve::server::figures::declared_value;

impl Resolver<'_> {
    /// A declaration by name wins over the image, the image over a declaration for all.
    pub(super) fn flavor_and_version(&self) -> (Option<Value>, Option<Value>) {
        let own = self
            .declared
            .iter()
            .find(|d| d.name.is_some() && d.version.is_some());
        if let Some(declared) = own {
            return declared_version(declared);
        }
        let from_image = self.image();
        let (flavor, version) = match &from_image {
            Some(Ok(image)) => self.image_version(image),
            _ => (None, None),
        };
        if version.is_some() {
            return (flavor, version);
        }
        let general = self
            .declared
            .iter()
            .find(|d| d.name.is_none() && d.version.is_some());
        match general {
            Some(declared) if flavor.is_none() || same_flavor(declared, flavor.as_ref()) => {
                declared_version(declared)
            }
            _ => (flavor, None),
        }
    }

    fn image(&self) -> Option<Result<ImageReference, Reason>> {
        let server = self.deployed?;
        match (&server.image, &server.image_fallback) {
            (Some(written), _) => Some(
                written
                    .text
                    .as_deref()
                    .map(ImageReference::parse)
                    .map_err(Clone::clone),
            ),
            (None, Some(fallback)) => Some(
                fallback
                    .as_deref()
                    .map(ImageReference::parse)
                    .map_err(Clone::clone),
            ),
            (None, None) => None,
        }
    }

    fn image_version(&self, image: &ImageReference) -> (Option<Value>, Option<Value>) {
        let span = self.deployed.and_then(|s| s.image.as_ref()).map(|i| i.span);
        let at = |datum| match span {
            Some(span) => Value::set(datum, span),
            None => Value::derived(datum),
        };
        let flavor = self
            .knowledge
            .shapes
            .server_image(image)
            .map(|shape| at(Datum::Text(shape.flavor.clone())));
        let numbered = |tag: &&String| {
            tag.trim_start_matches('v')
                .starts_with(|c: char| c.is_ascii_digit())
        };
        let version = image
            .tag
            .as_ref()
            .filter(numbered)
            .filter(|_| flavor.is_some())
            .map(|tag| at(Datum::Text(tag.clone())));
        (flavor, version)
    }
}

fn declared_version(declaration: &Declaration) -> (Option<Value>, Option<Value>) {
    let value = |text: &Option<String>| {
        text.as_ref()
            .map(|text| declared_value(Datum::Text(text.clone()), declaration.span))
    };
    (value(&declaration.flavor), value(&declaration.version))
}

fn same_flavor(declaration: &Declaration, flavor: Option<&Value>) -> bool {
    match (&declaration.flavor, flavor.and_then(Value::text)) {
        (Some(declared), Some(flavor)) => declared == flavor,
        _ => true,
    }
}
