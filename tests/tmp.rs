use redvet::{check::{self,Scope}, discover::*, knowledge::Knowledge, load::rules, policy, source::*, survey::*};
#[test]
fn t() {
    let knowledge = Knowledge::embedded().unwrap();
    let b = rules::builtin();
    let p = Patterns::new(&redvet::inputs::patterns(&knowledge)).unwrap();
    let arg = std::env::var("RV").unwrap();
    let u = Universe::of(std::path::Path::new(&arg)).unwrap();
    let f = walk(&u, &p, Exclude::new([]).unwrap());
    let project = Project { inputs: f.files.into_iter().map(|f| Input { path: f.path, kind: f.kind, text: f.text.into() }).collect(), unreadable: f.unreadable, declarations: vec![] };
    let r = check::check(Sources::default(), &project, &knowledge, &b.rules, &policy::Settings::default(), &Scope::default());
    println!("{}", redvet::report::full::render(&r, redvet::report::Layout::default(), true));
    let view = check::effective(Sources::default(), &project, &knowledge, &Scope::default());
    println!("{}", redvet::report::effective::table(&view, redvet::report::Color::Never, false));
}
