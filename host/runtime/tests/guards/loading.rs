//! Files that are not plugins, and directories of plugins.

use std::path::Path;

use krabice_runtime::{Limits, PluginDirectory, Pool, Reason, Runtime};

use crate::component::{Body, component, of_another_contract};
use crate::stage::{guest, runtime};

async fn refusal(runtime: &Runtime, bytes: impl Into<Vec<u8>>) -> Reason {
    runtime
        .load_bytes("case.wasm", bytes)
        .await
        .unwrap_err()
        .reason
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_plugin_is_refused_with_the_reason() {
    let runtime = runtime(Limits::default());
    let engine = wasmtime::Engine::default();
    let wat = |text: &str| wat::parse_str(text).unwrap();
    let mut found = String::new();
    for (code, bytes) in [
        ("plugin::not-webassembly", b"#!/bin/sh".to_vec()),
        ("plugin::not-webassembly", Vec::new()),
        ("plugin::core-module", wat("(module)")),
        (
            "plugin::precompiled",
            engine.precompile_component(&wat("(component)")).unwrap(),
        ),
        (
            "plugin::precompiled",
            engine.precompile_module(&wat("(module)")).unwrap(),
        ),
        (
            "plugin::does-not-compile",
            [&wat("(component)")[..], b"\x01\x02\x03"].concat(),
        ),
        ("plugin::not-a-plugin", wat("(component)")),
        (
            "plugin::unknown-import",
            wat(r#"(component
                (import "wasi:sockets/tcp@0.3.0" (instance))
                (import "wasi:keyvalue/store@0.2.0" (instance))
                (import "env" (func))
                (import "wasi:http/types@0.2.4" (instance))
                (instance $none)
                (export "krabice:boxes/integration@0.2.0" (instance $none)))"#),
        ),
        (
            "plugin::unknown-import",
            wat(r#"(component
                (import "krabice:boxes/compare@0.2.0" (instance))
                (import "krabice:boxes/values@0.1.0" (instance))
                (instance $none)
                (export "krabice:boxes/integration@0.1.0" (instance $none)))"#),
        ),
        (
            "plugin::other-contract",
            of_another_contract(|wit| {
                wit.replace("krabice:boxes@0.2.0;", "krabice:boxes@0.3.0;")
                    .replace("version = 0.2.0", "version = 0.3.0")
            }),
        ),
        (
            "plugin::other-types",
            of_another_contract(|wit| {
                wit.replace(
                    "describe: func() -> manifest;",
                    "describe: func() -> string;",
                )
            }),
        ),
    ] {
        let reason = refusal(&runtime, bytes).await;
        assert_eq!(reason.code(), code, "{reason}");
        let words = reason.with_causes();
        found.push_str(&format!("{code}: {}\n", words.lines().next().unwrap()));
    }
    insta::assert_snapshot!(found);
}

/// Features that plugins do not need are refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn features_that_plugins_do_not_need_are_off() {
    let runtime = runtime(Limits::default());
    for (name, field) in [
        ("memory64", "(memory i64 1)"),
        ("threads", "(func (drop (i32.atomic.load (i32.const 0))))"),
        ("shared memory", "(import \"a\" \"b\" (memory 1 1 shared))"),
        ("gc", "(type (struct))"),
        ("exceptions", "(tag)"),
        ("tail calls", "(func $tail return_call $tail)"),
        (
            "relaxed simd",
            "(func (param v128 v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 1))))",
        ),
        ("stack switching", "(type $f (func)) (type (cont $f))"),
        (
            "wide arithmetic",
            "(func (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)) drop drop)",
        ),
    ] {
        let component = wat::parse_str(format!("(component (core module (memory 0) {field}))"))
            .or_else(|_| wat::parse_str(format!("(component (core module {field}))")))
            .unwrap();
        let reason = refusal(&runtime, component).await;
        assert_eq!(
            reason.code(),
            "plugin::does-not-compile",
            "{name}: {reason}"
        );
    }
    // The same component without the feature compiles, so the feature is the reason.
    let plain = wat::parse_str("(component (core module (memory 0) (func)))").unwrap();
    assert_eq!(
        refusal(&runtime, plain).await.code(),
        "plugin::not-a-plugin"
    );
}

/// QuickJS makes such plugins. An adapter of Wasmtime's own, which has the memories of both,
/// passes values from one component to the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_may_be_made_of_components() {
    let runtime = runtime(Limits::default());
    let component = wat::parse_str(
        r#"(component
            (component $giver
                (core module $m
                    (memory (export "memory") 1)
                    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
                    (func (export "say") (param i32 i32)))
                (core instance $i (instantiate $m))
                (func (export "say") (param "text" string)
                    (canon lift (core func $i "say")
                        (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
            (component $asker
                (import "say" (func $say (param "text" string)))
                (core module $m (memory (export "memory") 1))
                (core instance $i (instantiate $m))
                (core func $say (canon lower (func $say) (memory (core memory $i "memory"))))
                (core module $n (import "a" "say" (func (param i32 i32))))
                (core instance (instantiate $n
                    (with "a" (instance (export "say" (func $say)))))))
            (instance $giver (instantiate $giver))
            (instance (instantiate $asker (with "say" (func $giver "say")))))"#,
    )
    .unwrap();
    let reason = refusal(&runtime, component).await;
    assert_eq!(reason.code(), "plugin::not-a-plugin", "{reason}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_too_large_is_not_read() {
    let runtime = runtime(Limits {
        component_bytes: 1000,
        ..Limits::default()
    });
    let reason = runtime.load(guest()).await.unwrap_err().reason;
    assert_eq!(reason.code(), "plugin::too-large", "{reason}");
    let missing = runtime.load("nowhere.wasm").await.unwrap_err();
    assert_eq!(missing.reason.code(), "plugin::unreadable");
    assert_eq!(
        missing.to_string(),
        "`nowhere.wasm` cannot be read: No such file or directory (os error 2)"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_says_which_file_it_is() {
    let runtime = runtime(Limits::default());
    let plugin = runtime.load(guest()).await.unwrap();
    assert_eq!(plugin.name(), "hostile");
    assert_eq!(plugin.file(), guest());
    // The output of `sha256sum`.
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(std::fs::read(guest()).unwrap());
    assert_eq!(plugin.digest(), krabice_contract::hex(digest));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_gives_its_plugins_and_all_its_problems() {
    let directory = tempfile::tempdir().unwrap();
    let put =
        |name: &str, bytes: &[u8]| std::fs::write(directory.path().join(name), bytes).unwrap();
    let hostile = std::fs::read(guest()).unwrap();
    put("a-hostile.wasm", &hostile);
    put("b-copy.wasm", &hostile);
    put("c-module.wasm", &wat::parse_str("(module)").unwrap());
    put("d-loop.wasm", &component(&Body::Start("unreachable")));
    put("readme.txt", b"not looked at");
    let runtime = runtime(Limits::default());
    let loaded = PluginDirectory::load(&runtime, directory.path())
        .await
        .unwrap();
    // Neither of two plugins with one name is kept: the first one must not get the other's
    // connections.
    assert_eq!(loaded.plugins.len(), 0);
    let problems = loaded
        .problems
        .iter()
        .map(|problem| problem.reason.code())
        .collect::<Vec<_>>();
    assert_eq!(
        problems,
        [
            "plugin::duplicate",
            "plugin::duplicate",
            "plugin::core-module",
            "plugin::not-described"
        ]
    );
    assert!(
        PluginDirectory::load(&runtime, Path::new("/nowhere/at/all"))
            .await
            .is_err()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runtime_works_without_a_pool() {
    let runtime = Runtime::builder().pool(Pool::OnDemand).build().unwrap();
    assert_eq!(runtime.pool(), Pool::OnDemand);
    let error = runtime
        .load_bytes("x", component(&Body::Start("unreachable")))
        .await
        .unwrap_err();
    assert_eq!(
        error.reason.code(),
        "plugin::not-described",
        "it ran: {error}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_that_the_system_does_not_give_is_replaced() {
    // A pool larger than the address space.
    let limits = Limits {
        concurrent_calls: 100_000,
        ..Limits::default()
    };
    let runtime = Runtime::builder().limits(limits).build().unwrap();
    assert_eq!(runtime.pool(), Pool::OnDemand);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_with_which_no_call_could_run_are_refused() {
    for (limits, setting) in [
        (
            Limits {
                concurrent_calls: 0,
                ..Limits::default()
            },
            "concurrent-calls",
        ),
        (
            Limits {
                memory_bytes: 0,
                ..Limits::default()
            },
            "memory-bytes",
        ),
        (
            Limits {
                stack_bytes: 0,
                ..Limits::default()
            },
            "stack-bytes",
        ),
    ] {
        let error = Runtime::builder().limits(limits).build().err().unwrap();
        assert!(
            error
                .to_string()
                .starts_with(&format!("the limit `{setting}` ")),
            "{error}"
        );
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compiled_plugins_are_kept_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let private = parent.path().join("compiled");
    let runtime = Runtime::builder()
        .cache_directory(&private)
        .build()
        .unwrap();
    refusal(&runtime, component(&Body::Start("unreachable"))).await;
    assert_eq!(
        std::fs::metadata(&private).unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert!(
        std::fs::read_dir(&private).unwrap().count() > 0,
        "something is kept"
    );

    let open = parent.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    let runtime = Runtime::builder().cache_directory(&open).build().unwrap();
    refusal(&runtime, component(&Body::Start("unreachable"))).await;
    assert_eq!(
        std::fs::read_dir(&open).unwrap().count(),
        0,
        "a directory that other users can write to is not used"
    );
}

/// A file that is not locked is recognised by its digest, and no byte of it is compiled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_not_locked_is_refused_before_it_is_looked_into() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("hostile.wasm");
    std::fs::copy(guest(), &file).unwrap();
    let runtime = runtime(Limits::default());
    let plugin = runtime.load_locked(&file).await.unwrap();
    let lock_file = krabice_runtime::lock::of_folder(directory.path()).unwrap();
    let mut lock = krabice_runtime::lock::Lock::default();
    lock.insert(&plugin, "hostile.wasm", "hostile.wasm");
    lock.write(&lock_file).unwrap();
    runtime.load_locked(&file).await.unwrap();

    // Each of these files would be refused for another reason, if it were read.
    let module = wat::parse_str("(module)").unwrap();
    let broken = [&wat::parse_str("(component)").unwrap()[..], b"\x01\x02\x03"].concat();
    for bytes in [module, broken, b"#!/bin/sh".to_vec()] {
        std::fs::write(&file, &bytes).unwrap();
        let other = directory.path().join("other.wasm");
        std::fs::write(&other, &bytes).unwrap();
        let said = runtime.load_locked(&file).await.unwrap_err();
        assert_eq!(said.reason.code(), "plugin::locked", "{said}");
        assert!(
            said.to_string().contains("of the plugin `hostile`"),
            "{said}"
        );
        let said = runtime.load_locked(&other).await.unwrap_err();
        assert_eq!(said.reason.code(), "plugin::locked", "{said}");
        assert!(
            said.to_string().contains("is not in `krabice.lock`"),
            "{said}"
        );
        assert_ne!(
            runtime.load(&file).await.unwrap_err().reason.code(),
            "plugin::locked"
        );
    }
    // A digest that is locked under another name is not enough.
    std::fs::copy(guest(), &file).unwrap();
    let locked = lock.plugins.shift_remove("hostile").unwrap();
    lock.plugins.insert("shop".to_owned(), locked);
    lock.write(&lock_file).unwrap();
    let said = runtime.load_locked(&file).await.unwrap_err();
    assert_eq!(said.reason.code(), "plugin::locked", "{said}");
}
