use dumper::Dumped;

#[derive(Dumped)]
#[dumper(paths = "/flavors/{slug}/")]
pub struct Flavor {
    pub slug: String,
}

fn main() {}
