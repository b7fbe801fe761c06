use dumper::Dumped;

#[derive(Dumped)]
#[dumper(paths = "/flavors/")]
pub enum Model {
    Flavor,
}

fn main() {}
