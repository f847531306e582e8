//! The documents are true: their scenarios pass the check, their templates give the documented
//! results, and their transcripts are real. `UPDATE_DOCS=1` writes the generated parts again.

use std::path::{Path, PathBuf};

use krabice_contract::Value;
use krabice_scenario::template::Scope;
use krabice_scenario::{Template, Variable, Variables};
use serde_json::{Map, Value as Json, json};

use crate::binary::{Ended, Krabice, workspace};
use crate::shop::{Shop, ShopSetup};

/// A fenced block of a page. The comment before it can mark it.
struct Block {
    language: String,
    mark: Option<String>,
    text: String,
    line: usize,
}

fn page(name: &str) -> String {
    std::fs::read_to_string(workspace().join(name)).unwrap()
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    let mut mark = None;
    for (number, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                let language = language.to_owned();
                open = Some(Block {
                    language,
                    mark: mark.take(),
                    text: String::new(),
                    line: number + 1,
                });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.text.push_str(&format!("{line}\n")),
            (None, None) => {
                let comment = line
                    .strip_prefix("<!-- ")
                    .and_then(|rest| rest.strip_suffix(" -->"));
                match comment {
                    Some(comment) => mark = Some(comment.to_owned()),
                    None if line.trim().is_empty() => {}
                    None => mark = None,
                }
            }
        }
    }
    blocks
}

/// Replaces the text of a marked block.
fn with_block(page: &str, mark: &str, text: &str) -> String {
    let start = page.find(&format!("<!-- {mark} -->\n")).unwrap();
    let fence = start + page[start..].find("```").unwrap();
    let from = fence + page[fence..].find('\n').unwrap() + 1;
    let to = from + page[from..].find("```").unwrap();
    format!("{}{text}{}", &page[..from], &page[to..])
}

/// Compares a generated page with the file, or writes the file.
#[track_caller]
fn assert_current(name: &str, generated: &str) {
    let path = workspace().join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, generated).unwrap();
        return;
    }
    let current = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        current == generated,
        "`{name}` is out of date: run `UPDATE_DOCS=1 cargo test --workspace --test e2e documents -- --test-threads=1`\n{generated}"
    );
}

/// Boxes that set the variables of the page's fragments and then continue at `first`.
fn prelude(first: &str) -> Map<String, Json> {
    let boxes = json!({
        "prelude-obj": { "type": "answer", "text": "?", "expect": "order-number", "save": "obj", "next": "prelude-email" },
        "prelude-email": { "type": "answer", "text": "?", "expect": "email", "save": "$email", "next": "prelude-order" },
        "prelude-order": { "type": "call", "function": "upgates/verify-order", "connection": "shop",
            "params": { "order": "<<obj>>" }, "save": "order", "true": "prelude-load", "false": "prelude-end" },
        "prelude-load": { "type": "call", "function": "upgates/load-order", "connection": "shop",
            "params": { "order": "<<obj>>", "email": "<<$email>>" }, "save": "$order", "true": "prelude-documents", "false": "prelude-end" },
        "prelude-documents": { "type": "call", "function": "upgates/load-documents", "connection": "shop",
            "params": { "order": "<<obj>>", "email": "<<$email>>" }, "save": "documents", "true": first, "false": "prelude-end" },
        "prelude-end": { "type": "end" },
    });
    boxes.as_object().unwrap().clone()
}

fn scenario(name: &str, start: &str, boxes: Map<String, Json>) -> String {
    let scenario = json!({
        "krabice": 1, "channels": ["unattended"], "name": name, "languages": ["cs", "en"], "timezone": "Europe/Prague", "start": start, "boxes": boxes,
    });
    serde_json::to_string_pretty(&scenario).unwrap()
}

/// The members of a fragment `"a": {…}, "b": {…}`.
fn members(block: &Block) -> Map<String, Json> {
    serde_json::from_str(&format!("{{{}}}", block.text))
        .unwrap_or_else(|error| panic!("the block at line {} is not JSON: {error}", block.line))
}

/// Checks scenario files in one run of the binary. They must have no findings.
#[track_caller]
fn assert_sound(files: &[PathBuf]) {
    let shop = Shop::start(&ShopSetup::default());
    let checked = Krabice::new(
        ["check".as_ref(), "--deny-warnings".as_ref()]
            .into_iter()
            .chain(files.iter().map(|file| file.as_os_str())),
    )
    .env("KRABICE_CONNECTIONS", shop.connections())
    .run();
    assert_eq!(checked.exit, 0, "{}", checked.text());
    assert_eq!(checked.stderr, "", "something was not checked");
}

#[test]
fn every_scenario_of_the_language_page_passes_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let invoice = folder.path().join("invoice.json");
    std::fs::copy(workspace().join("scenarios/invoice.json"), &invoice).unwrap();
    let mut files = vec![invoice];
    for block in blocks(&page("docs/scenario-language.md")) {
        let name = format!("line-{}", block.line);
        let text = match block.mark.as_deref() {
            Some("boxes") => {
                let fragment = members(&block);
                let first = fragment.keys().next().unwrap().clone();
                let mut boxes = prelude(&first);
                boxes.extend(fragment);
                scenario(&name, "prelude-obj", boxes)
            }
            Some("variables") => continue,
            _ if block.language == "json" => block.text,
            _ => continue,
        };
        let file = folder.path().join(format!("{name}.json"));
        std::fs::write(&file, text).unwrap();
        files.push(file);
    }
    assert!(files.len() > 10, "the page has lost its examples");
    assert_sound(&files);
}

#[test]
fn every_template_of_the_language_page_gives_the_documented_result() {
    let page = page("docs/scenario-language.md");
    let variables = blocks(&page)
        .into_iter()
        .find(|block| block.mark.as_deref() == Some("variables"))
        .unwrap();
    let Ok(Value::Record(variables)) = Value::read_json(&variables.text) else {
        panic!("no record")
    };
    // As visible variables, so that the results of `mask` and `reveal` can be seen.
    let variables: Variables = variables
        .into_iter()
        .map(|(name, value)| (name, Variable::visible(value)))
        .collect();
    let time_zone = jiff::tz::TimeZone::get("Europe/Prague").unwrap();
    let scope = Scope {
        variables: &variables,
        language: "cs",
        time_zone: &time_zone,
    };

    let mut rows = 0;
    for table in page.split("<!-- templates -->\n").skip(1) {
        for row in table
            .lines()
            .skip(2)
            .take_while(|line| line.starts_with('|'))
        {
            let mut cells = row.trim_matches('|').splitn(2, "` |");
            let template = cells.next().unwrap().trim().trim_start_matches('`');
            let gives = cells.next().unwrap().trim();
            let shown = Template::parse(template)
                .unwrap()
                .show(&scope)
                .text
                .replace('\u{a0}', " ");
            assert_eq!(shown, gives, "`{template}`");
            rows += 1;
        }
    }
    assert!(rows > 20, "the page has lost its templates");
}

/// The shipped plugins by name, as `krabice plugins` lists them.
fn shipped() -> Vec<Json> {
    let listed = Krabice::new(["plugins", "--json"]).run();
    assert_eq!(listed.exit, 0, "{}", listed.text());
    serde_json::from_str(&listed.stdout).unwrap()
}

fn manifest(plugin: &str) -> Json {
    let shown = Krabice::new(["plugins", "show", plugin, "--json"]).run();
    assert_eq!(shown.exit, 0, "{}", shown.text());
    serde_json::from_str(&shown.stdout).unwrap()
}

#[test]
fn the_pages_of_the_plugins_are_current() {
    for plugin in shipped() {
        let name = plugin["name"].as_str().unwrap();
        let file = plugin["file"].as_str().unwrap();
        let shown = Krabice::new(["plugin", "docs", file]).run();
        assert_eq!(shown.exit, 0, "{}", shown.text());
        let too = Krabice::new(["plugins", "show", name, "--markdown"]).run();
        assert_eq!(too.stdout, shown.stdout);
        assert_current(&format!("docs/plugins/{name}.md"), &shown.stdout);
    }
}

#[test]
fn the_readmes_table_of_plugins_is_current() {
    let mut table =
        String::from("| plugin | what it is for | functions | page |\n|---|---|---|---|\n");
    for plugin in shipped() {
        let name = plugin["name"].as_str().unwrap();
        let manifest = manifest(name);
        let functions: Vec<_> = plugin["functions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|function| format!("`{}`", function.as_str().unwrap()))
            .collect();
        table.push_str(&format!(
            "| `{name}` | {} | {} | [docs/plugins/{name}.md](docs/plugins/{name}.md) |\n",
            manifest["help"]["en"].as_str().unwrap(),
            functions.join(", "),
        ));
    }
    let readme = page("README.md");
    let (before, rest) = readme.split_once("<!-- plugins -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end of plugins -->").unwrap();
    let current = format!("{before}<!-- plugins -->\n{table}<!-- end of plugins -->{after}");
    assert_current("README.md", &current);
}

#[test]
fn every_example_of_the_plugins_pages_passes_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(&ShopSetup::default());
    let mut files = Vec::new();
    for plugin in shipped() {
        let name = plugin["name"].as_str().unwrap();
        files.extend(examples(name, shop.connection_of(name), folder.path()));
    }
    assert_sound(&files);
}

/// The examples of a plugin's page, each as a scenario of its own with an existing
/// connection.
fn examples(plugin: &str, connection: &str, folder: &Path) -> Vec<PathBuf> {
    let manifest = manifest(plugin);
    let functions = manifest["functions"].as_object().unwrap();
    let mut files = Vec::new();
    for block in blocks(&page(&format!("docs/plugins/{plugin}.md")))
        .iter()
        .filter(|block| block.language == "json")
    {
        let mut fragment = members(block);
        for (_, call) in &mut fragment {
            call["connection"] = connection.into();
        }
        let (id, call) = fragment.iter().next().unwrap();
        let parameters = functions[id.as_str()]["parameters"].as_array().unwrap();
        let mut boxes = Map::new();
        let mut next = id.clone();
        let given = call["params"].as_object().cloned().unwrap_or_default();
        for (name, reference) in &given {
            let parameter = parameters
                .iter()
                .find(|parameter| parameter["name"] == *name)
                .unwrap();
            let Some(save) = reference
                .as_str()
                .and_then(|text| text.strip_prefix("<<")?.strip_suffix(">>"))
            else {
                continue; // A constant.
            };
            let ask = format!("ask-{name}");
            boxes.insert(ask.clone(), setting(&parameter["kind"], save, &next));
            next = ask;
        }
        for exit in ["true", "false", "failure"] {
            boxes.insert(format!("if-{exit}"), json!({ "type": "end" }));
        }
        boxes.extend(fragment.clone());
        let file = folder.join(format!("{plugin}-{id}.json"));
        std::fs::write(&file, scenario(&format!("{plugin}-{id}"), &next, boxes)).unwrap();
        files.push(file);
    }
    assert_eq!(
        files.len(),
        functions.len(),
        "not every function of `{plugin}` has an example"
    );
    files
}

/// A box that sets a variable to a value of a kind.
fn setting(kind: &Json, save: &str, next: &str) -> Json {
    let expect = match kind.as_str().unwrap() {
        "boolean" => return json!({ "type": "set", "save": save, "value": true, "next": next }),
        "integer" => return json!({ "type": "set", "save": save, "value": 1, "next": next }),
        "list" => return json!({ "type": "set", "save": save, "value": [], "next": next }),
        "decimal" => "number",
        "email" => "email",
        "phone" => "phone",
        "timestamp" => "date",
        _ => "text",
    };
    json!({ "type": "answer", "text": "?", "expect": expect, "save": save, "next": next })
}

#[test]
fn the_readmes_scenario_and_transcript_are_real() {
    let readme = page("README.md");
    let first = page("scenarios/first.json");
    let shop = Shop::start(&ShopSetup::default());
    let run = Krabice::new(["run", "scenarios/first.json"])
        .env("KRABICE_CONNECTIONS", shop.connections())
        .input("O260147\n")
        .run();
    assert_eq!(run.exit, 0, "{}", run.text());
    let current = with_block(&readme, "scenario:first", &first);
    assert_current(
        "README.md",
        &with_block(&current, "transcript:first", &run.stdout),
    );
}

#[test]
fn the_readmes_commands_work() {
    let readme = page("README.md");
    let commands: Vec<String> = blocks(&readme)
        .iter()
        .filter(|block| block.language == "sh")
        .flat_map(|block| block.text.lines().map(str::to_owned).collect::<Vec<_>>())
        .filter(|line| line.starts_with("krabice "))
        // `tests/polyglot` runs this one and the commands in the folder that it makes.
        .filter(|line| !line.starts_with("krabice plugin new "))
        .collect();
    assert!(commands.len() >= 4, "the README has lost its commands");
    for command in commands {
        let ended = as_typed(&command);
        assert_eq!(ended.exit, 0, "`{command}`\n{}", ended.text());
    }
}

/// Runs a command line as a shell in the workspace would, with a customer's answers as input.
fn as_typed(command: &str) -> Ended {
    let shop = Shop::start(&ShopSetup::default());
    let command = command.split(" #").next().unwrap().trim();
    let mut arguments: Vec<String> = Vec::new();
    for word in command.split_whitespace().skip(1) {
        match word.strip_suffix("/*.json") {
            Some(folder) => arguments.extend(json_files(Path::new(folder))),
            None => arguments.push(word.to_owned()),
        }
    }
    Krabice::new(arguments)
        .env("KRABICE_CONNECTIONS", shop.connections())
        .input("O260147\npetra.vlkova@example.cz\nno\n")
        .run()
}

/// The JSON files of a folder of the workspace.
pub(crate) fn json_files(folder: &Path) -> Vec<String> {
    let mut files: Vec<String> = std::fs::read_dir(workspace().join(folder))
        .unwrap()
        .map(|entry| {
            folder
                .join(entry.unwrap().file_name())
                .display()
                .to_string()
        })
        .filter(|name| name.ends_with(".json"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_scenario_is_described_and_has_a_case() {
    let described = page("scenarios/README.md");
    for file in json_files(Path::new("scenarios")) {
        let name = Path::new(&file)
            .file_stem()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            described.contains(&format!("[{name}.json]({name}.json)")),
            "scenarios/README.md: `{name}`"
        );
        let mut cases = std::fs::read_dir(workspace().join("tests/e2e/cases")).unwrap();
        let tested = cases.any(|case| {
            let case =
                std::fs::read_to_string(case.unwrap().path().join("case.json")).unwrap_or_default();
            case.contains(&format!("\"scenario\": \"{name}\""))
        });
        assert!(tested, "no case runs `{file}`");
    }
}

#[test]
fn every_event_of_a_snapshot_is_documented() {
    let page = page("docs/command-line.md");
    let mut seen = std::collections::BTreeSet::new();
    for case in std::fs::read_dir(workspace().join("tests/e2e/cases")).unwrap() {
        for snapshot in ["events.snap", "trace.snap"] {
            let text = std::fs::read_to_string(case.as_ref().unwrap().path().join(snapshot));
            for line in text
                .unwrap_or_default()
                .lines()
                .filter(|line| line.starts_with('{'))
            {
                let event: Json = serde_json::from_str(line).unwrap();
                seen.insert(event["event"].as_str().unwrap().to_owned());
            }
        }
    }
    assert!(seen.len() > 10, "{seen:?}");
    for event in seen {
        assert!(
            page.contains(&format!("`{event}`")),
            "docs/command-line.md: `{event}`"
        );
    }
}

#[test]
fn the_language_page_has_the_real_limits() {
    use krabice_engine::limits as engine;
    use krabice_scenario::limits as language;
    let page = page("docs/scenario-language.md");
    for row in [
        format!(
            "| a scenario file | {} MiB, {} boxes, {} levels of nesting |",
            language::FILE_BYTES >> 20,
            thousands(language::BOXES),
            language::DEPTH
        ),
        format!(
            "| one text | {} KiB as written,",
            language::TEXT_BYTES >> 10
        ),
        format!("| `attempts` | {} |", language::ATTEMPTS),
        format!(
            "| boxes without waiting for the customer | {} |",
            engine::BOXES_PER_TURN
        ),
        format!(
            "| boxes in one session | {} |",
            thousands(engine::BOXES_PER_SESSION as usize)
        ),
        format!("| nested jumps that come back | {} |", engine::JUMPS),
        format!(
            "| text shown in one turn | {} KiB |",
            engine::SHOWN_BYTES >> 10
        ),
    ] {
        assert!(page.contains(&row), "docs/scenario-language.md: {row}");
    }
}

/// A number with a comma for thousands: `10,000`.
fn thousands(number: usize) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", number / 1000, number % 1000),
    }
}
