//! TLS to the database, with its certificate and name checked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use krabice_store::{OpenError, Storage, StoreUrl};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::support::postgres::Cluster;

fn pem(what: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {what}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line).unwrap());
        pem.push('\n');
    }
    pem + &format!("-----END {what}-----\n")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn a_database_is_trusted_by_its_certificate_and_its_name_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let trusted = folder.path().join("authority.pem");
    std::fs::write(&trusted, pem("CERTIFICATE", authority.der())).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &authority).unwrap();
    let cluster = Cluster::with(|folder| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(
            folder.join("server.pem"),
            pem("CERTIFICATE", certificate.der()),
        )
        .unwrap();
        std::fs::write(
            folder.join("server.key"),
            pem("PRIVATE KEY", &key.serialize_der()),
        )
        .unwrap();
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(folder.join("server.key"), private).unwrap();
        format!(
            "ssl = on\nssl_cert_file = '{0}/server.pem'\nssl_key_file = '{0}/server.key'\n",
            folder.display()
        )
    });
    let address = cluster.database().await;
    let name = address.replace("127.0.0.1", "localhost");
    let root = format!("sslrootcert={}", trusted.display());
    let open = async |url: String| Storage::open(&StoreUrl::parse(&url).unwrap()).await;
    for trusted in [
        format!("{name}?sslmode=verify-full&{root}"),
        format!("{name}?sslmode=require&{root}"),
        format!("{name}?sslmode=disable"),
        address.clone(),
    ] {
        open(trusted).await.unwrap();
    }
    let encrypted = open(format!("{name}?sslmode=require&{root}"))
        .await
        .unwrap();
    let client = crate::support::store::connect(&cluster.as_superuser(&address)).await;
    let seen = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                WHERE ssl AND application_name = 'krabice'";
    let seen: i64 = client.query_one(seen, &[]).await.unwrap().get(0);
    assert!(seen >= 1, "the database sees it encrypted");
    drop(encrypted);
    for refused in [
        // No trusted authority has signed its certificate.
        format!("{name}?sslmode=require"),
        // The certificate is for another name.
        format!("{address}?sslmode=require&{root}"),
    ] {
        let error = open(refused.clone()).await.unwrap_err();
        assert!(
            matches!(error, OpenError::Database { .. }),
            "{refused}: {error:?}"
        );
    }
    let error = open(format!("{name}?sslmode=require&sslrootcert=no/such/file"));
    assert!(matches!(
        error.await.unwrap_err(),
        OpenError::Unopenable { .. }
    ));
}
