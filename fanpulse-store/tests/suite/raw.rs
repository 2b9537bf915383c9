//! A database behind the store's back: what is in its tables, whatever they are.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

/// The rows of each table as objects, in one order.
pub type Content = BTreeMap<String, Vec<Value>>;

pub enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// A column that rows are made for.
struct Column {
    name: String,
    kind: String,
    /// The table and column that it refers to.
    refers_to: Option<(String, String)>,
}

impl Raw {
    pub async fn open(url: &str) -> Self {
        if url.contains("://") {
            Self::Postgres(PgConnection::connect(url).await.unwrap())
        } else {
            let options = SqliteConnectOptions::new().filename(url).busy_timeout(Duration::from_secs(5));
            Self::Sqlite(options.connect().await.unwrap())
        }
    }

    pub async fn run(&mut self, sql: &str) {
        let script = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let done = match self {
            Self::Sqlite(c) => script.execute(c).await.map(drop),
            Self::Postgres(c) => script.execute(c).await.map(drop),
        };
        done.unwrap_or_else(|e| panic!("{sql}: {e}"));
    }

    /// The first column of what is found, which is text.
    pub async fn texts(&mut self, sql: &str) -> Vec<String> {
        let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let texts = match self {
            Self::Sqlite(c) => query.fetch_all(c).await.map(|rows| rows.iter().map(|row: &SqliteRow| row.get(0)).collect()),
            Self::Postgres(c) => query.fetch_all(c).await.map(|rows| rows.iter().map(|row: &PgRow| row.get(0)).collect()),
        };
        texts.unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    pub async fn number(&mut self, sql: &str) -> i64 {
        self.texts(&format!("select cast(({sql}) as text)")).await[0].parse().unwrap()
    }

    pub async fn close(self) {
        match self {
            Self::Sqlite(c) => c.close().await.unwrap(),
            Self::Postgres(c) => c.close().await.unwrap(),
        }
    }

    const fn either<T: Copy>(&self, sqlite: T, postgres: T) -> T {
        match self {
            Self::Sqlite(_) => sqlite,
            Self::Postgres(_) => postgres,
        }
    }

    /// Waits until nobody else is connected: PostgreSQL ends what a killed client had begun a moment later.
    pub async fn alone(&mut self) {
        if matches!(self, Self::Sqlite(_)) {
            return;
        }
        let others = "select count(*) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'";
        for _ in 0..2000 {
            if self.number(others).await == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("others stay connected");
    }

    /// Every table but that of the migrations; PostgreSQL's partitions are in theirs.
    pub async fn tables(&mut self) -> Vec<String> {
        let tables = self.either(
            "select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'
                and name <> 'fanpulse_migrations' order by 1",
            "select cast(relname as text) from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
                and not relispartition and relname <> 'fanpulse_migrations' order by relname collate \"C\"",
        );
        self.texts(tables).await
    }

    pub async fn content(&mut self) -> Content {
        let mut content = Content::new();
        for table in self.tables().await {
            let rows = match self {
                Self::Sqlite(_) => {
                    let columns = self.texts(&format!("select name from pragma_table_info('{table}')")).await;
                    let value = |c: &String| format!("'{c}', case typeof({c}) when 'blob' then hex({c}) else {c} end");
                    let values = columns.iter().map(value).collect::<Vec<_>>().join(", ");
                    self.texts(&format!("select json_object({values}) from {table}")).await
                }
                Self::Postgres(_) => self.texts(&format!("select cast(to_jsonb({table}) as text) from {table}")).await,
            };
            let mut rows: Vec<Value> = rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect();
            rows.sort_by_cached_key(Value::to_string);
            content.insert(table, rows);
        }
        content
    }

    /// Tables with their columns, references and indexes, a line for each; PostgreSQL's partitions left out.
    pub async fn shape(&mut self) -> BTreeSet<String> {
        let sqlite = [
            "select t.name || ' ' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || coalesce(c.dflt_value, '-') || ' ' || c.pk
                from sqlite_schema t, pragma_table_xinfo(t.name) c where t.type = 'table' and t.name not like 'sqlite\\_%' escape '\\'",
            "select t.name || ' ' || k.\"from\" || ' to ' || k.\"table\" || ' ' || k.on_delete
                from sqlite_schema t, pragma_foreign_key_list(t.name) k where t.type = 'table'",
            "select type || ' ' || name || ' ' || coalesce(sql, '') from sqlite_schema where type <> 'table'",
        ];
        let postgres = [
            "select concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default, collation_name, is_identity)
                from information_schema.columns join pg_class on relname = table_name and not relispartition
                    and relnamespace = 'public'::regnamespace where table_schema = 'public'",
            "select concat_ws(' ', relname, conname, pg_get_constraintdef(c.oid)) from pg_constraint c
                join pg_class t on t.oid = conrelid and not relispartition where connamespace = 'public'::regnamespace",
            "select pg_get_indexdef(i.oid) from pg_class i
                where relkind in ('i', 'I') and not relispartition and relnamespace = 'public'::regnamespace",
            "select concat_ws(' ', tgname, pg_get_triggerdef(oid)) from pg_trigger where not tgisinternal",
        ];
        let mut shape = BTreeSet::new();
        let selects: &[&str] = if matches!(self, Self::Sqlite(_)) { &sqlite } else { &postgres };
        for select in selects {
            shape.extend(self.texts(select).await);
        }
        shape
    }

    /// Puts three rows into every table that has none, made from its columns alone.
    pub async fn fill(&mut self) {
        let mut empty = Vec::new();
        for table in self.tables().await {
            if self.number(&format!("select count(*) from {table}")).await == 0 {
                empty.push(table);
            }
        }
        while !empty.is_empty() {
            let before = empty.len();
            let mut later = Vec::new();
            for table in empty {
                let columns = self.columns(&table).await;
                let mut ready = true;
                for (parent, _) in columns.iter().filter_map(|c| c.refers_to.as_ref()) {
                    ready &= *parent == table || self.number(&format!("select count(*) from {parent}")).await > 0;
                }
                if ready { self.three_rows(&table, &columns).await } else { later.push(table) }
            }
            assert!(later.len() < before, "tables refer to each other in a circle: {later:?}");
            empty = later;
        }
    }

    async fn three_rows(&mut self, table: &str, columns: &[Column]) {
        let names = columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
        for row in 0..3 {
            let values = columns.iter().map(|c| self.value(table, c, row)).collect::<Vec<_>>().join(", ");
            self.run(&format!("insert into {table} ({names}) values ({values})")).await;
        }
    }

    fn value(&self, table: &str, column: &Column, row: u32) -> String {
        let Column { name, kind, refers_to } = column;
        let kind = kind.to_lowercase();
        match refers_to {
            Some((parent, _)) if parent == table => "null".to_owned(),
            Some((parent, key)) => format!("(select {key} from {parent} order by {key} limit 1 offset {row})"),
            None if kind.contains("bool") => (row > 0).to_string(),
            None if kind.contains("int") => (40 + row).to_string(),
            None if kind.contains("text") || kind.contains("char") => format!("'{name} {row}'"),
            None if kind.contains("uuid") => format!("'0197{row:04}-0000-7000-8000-000000000000'"),
            None if kind.contains("blob") => format!("x'0197{row:04}{:024}'", 0),
            None if kind.contains("bytea") => format!("'\\x0197{row:04}'"),
            None if kind.contains("json") => format!("'{{\"row\": {row}}}'"),
            None => format!("{row}.5"),
        }
    }

    async fn columns(&mut self, table: &str) -> Vec<Column> {
        let (columns, references) = match self {
            Self::Sqlite(_) => (
                format!("select name || ' ' || type from pragma_table_xinfo('{table}') where hidden = 0"),
                format!("select \"from\" || ' ' || \"table\" || ' ' || \"to\" from pragma_foreign_key_list('{table}')"),
            ),
            Self::Postgres(_) => (
                format!(
                    "select cast(column_name || ' ' || data_type as text) from information_schema.columns
                     where table_name = '{table}' and is_identity = 'NO' and is_generated = 'NEVER' order by ordinal_position"
                ),
                format!(
                    "select cast(a.attname || ' ' || confrelid::regclass || ' ' || b.attname as text)
                     from pg_constraint, unnest(conkey, confkey) as k (own, other)
                     join pg_attribute a on a.attrelid = '{table}'::regclass and a.attnum = own
                     join pg_attribute b on b.attnum = other
                     where contype = 'f' and conrelid = '{table}'::regclass and b.attrelid = confrelid"
                ),
            ),
        };
        let references: Vec<Vec<String>> =
            self.texts(&references).await.iter().map(|r| r.split(' ').map(str::to_owned).collect()).collect();
        let column = |c: &String| {
            let (name, kind) = c.split_once(' ').unwrap();
            let refers_to = references.iter().find(|r| r[0] == name).map(|r| (r[1].clone(), r[2].clone()));
            Column { name: name.to_owned(), kind: kind.to_owned(), refers_to }
        };
        self.texts(&columns).await.iter().map(column).collect()
    }
}
