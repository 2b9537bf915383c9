use fanpulse_store::conformance;

use super::databases::Fresh;

macro_rules! conforms {
    ($($port:ident)*) => {$(
        mod $port {
            use super::*;

            #[tokio::test]
            async fn sqlite() {
                let fresh = Fresh::new();
                conformance::$port(async || fresh.sqlite().await).await;
            }

            #[tokio::test]
            async fn postgres() {
                conformance::$port(Fresh::postgres).await;
            }
        }
    )*};
}

conforms! { observations accounts alerts artists audit connections fan_events imports posts releases scores summaries sync_cursors webhooks jobs }
