#include "store.hpp"

#include <pqxx/pqxx>
#include <stdexcept>
#include <utility>

#include "kassaflow/async/clock.hpp"
#include "kassaflow/documents/marks.hpp"
#include "kassaflow/postgres/arrays.hpp"
#include "migrations.hpp"

namespace kassaflow::registry {

using postgres::TextArray;
namespace {

// One writer at a time over all replicas; an arbitrary number, held to the end of the transaction.
constexpr const char* kLockWriters = "SELECT pg_advisory_xact_lock(7266418190014)";

pqxx::binarystring binary(const std::string& bytes) { return {bytes.data(), bytes.size()}; }

std::string bytes_of(const pqxx::field& field) {
  const pqxx::binarystring raw(field);
  return {raw.get(), raw.size()};
}

Name name_of(const pqxx::row& row) { return {row["kind"].as<std::string>(), row["id"].as<std::string>()}; }

std::uint64_t next_revision(pqxx::work& work) {
  return work.exec1("UPDATE state SET revision = revision + 1 RETURNING revision")[0].as<std::uint64_t>();
}

}  // namespace

Store::Store(const StoreOptions& options, Keyring keyring, IdMaster id_master)
    : database_({.uri = options.postgres,
                 .application_name = "registry",
                 .threads = 4,
                 .search_path = kSchema,
                 .metrics = options.metrics}),
      keyring_(std::move(keyring)),
      id_master_(id_master),
      options_(options) {}

Result<std::monostate> Store::prepare() {
  std::string wrong;
  auto done = database_.run_blocking([&](pqxx::work& work) {
    work.exec(kLockWriters);
    const std::string fingerprint = id_master_.fingerprint();
    work.exec_params("UPDATE state SET id_master_fingerprint = $1 WHERE id_master_fingerprint IS NULL", fingerprint);
    if (work.exec1("SELECT id_master_fingerprint FROM state")[0].as<std::string>() != fingerprint) {
      wrong =
          "this id master is not the one the database was made with; with another one every receipt would get a new "
          "id and could be printed twice";
      return;
    }
    // A deletion that a dead process left half done.
    if (work.exec("UPDATE documents SET retired = false, revision = (SELECT revision + 1 FROM state) WHERE retired")
            .affected_rows() > 0) {
      next_revision(work);
    }
    for (const pqxx::row& row : work.exec("SELECT kind, id, sealed FROM documents WHERE sealed IS NOT NULL")) {
      const std::string sealed = bytes_of(row["sealed"]);
      if (keyring_.sealed_with_current(sealed)) continue;
      const Name name = name_of(row);
      const auto plain = keyring_.open(name.text(), sealed);
      if (!plain) throw std::runtime_error(explained(plain.error()));
      work.exec_params("UPDATE documents SET sealed = $3 WHERE kind = $1 AND id = $2", name.kind, name.id,
                       binary(keyring_.seal(name.text(), *plain)));
    }
  });
  if (done && !wrong.empty()) return fail(kOtherIdMaster, wrong);
  return done;
}

Result<Applied> Store::apply(const std::vector<v1::Document>& documents, const audit::Who& who, const Rights& rights) {
  Applied applied;
  const auto done = database_.run_blocking([&](pqxx::work& work) {
    work.exec(kLockWriters);
    Plan planned = plan(documents, load(work, needs_of(documents, id_master_)),
                        {.id_master = id_master_,
                         .allow_private_endpoints = options_.allow_private_endpoints,
                         .rights = rights,
                         .now_ms = async::machine_clock().unix_ms(),
                         .secret_grace = options_.secret_grace});
    applied.errors = std::move(planned.errors);
    if (!applied.errors.empty()) return;
    applied.results = std::move(planned.results);
    if (planned.writes.empty()) {
      applied.revision = work.exec1("SELECT revision FROM state")[0].as<std::uint64_t>();
      return;
    }
    applied.revision = next_revision(work);
    write(work, planned.writes, applied.revision);
    std::vector<postgres::Audited> done;
    for (const Write& entry : planned.writes) {
      // Names of keys, never values.
      const std::string keys = entry.changed_keys.empty() ? "" : " " + entry.changed_keys;
      done.push_back({entry.action + keys, entry.name.text()});
    }
    postgres::append_audit(work, who, done);
  });
  if (!done) return tl::unexpected(done.error());
  return applied;
}

Stored Store::stored_document(const pqxx::row& row) const {
  return {.document = read_document(row),
          .tenant = TenantId(row["tenant"].as<std::string>()),
          .fixed = fixed_from_text(row["fixed"].as<std::string>())};
}

World Store::load(pqxx::work& work, const Needs& needs) const {
  World world;
  TextArray kinds;
  TextArray ids;
  for (const Name& name : needs.documents) {
    kinds.add(name.kind);
    ids.add(name.id);
  }
  const std::string wanted = " NATURAL JOIN (SELECT * FROM unnest($1::text[], $2::text[]) AS wanted (kind, id)) AS w";
  for (const pqxx::row& row : work.exec_params("SELECT kind, id, tenant, fixed, body, sealed FROM documents" + wanted,
                                               kinds.str(), ids.str())) {
    world.documents[name_of(row)] = stored_document(row);
  }
  TextArray pools;
  for (const PoolId& pool : needs.pools) pools.add(pool.str());
  for (const pqxx::row& row : work.exec_params(
           "SELECT d.kind, d.id, d.tenant, d.fixed, d.body, d.sealed FROM documents d JOIN document_references r "
           "ON r.kind = d.kind AND r.id = d.id "
           "WHERE d.kind = 'register' AND r.to_kind = 'pool' AND r.to_id = any($1::text[])",
           pools.str())) {
    world.documents[name_of(row)] = stored_document(row);
  }
  for (const pqxx::row& row :
       work.exec_params("SELECT kind, id, fixed FROM tombstones" + wanted, kinds.str(), ids.str())) {
    world.tombstones[name_of(row)] = fixed_from_text(row["fixed"].as<std::string>());
  }
  TextArray whats;
  TextArray values;
  for (const Claim& claim : needs.claims) {
    whats.add(claim.what);
    values.add(claim.value);
  }
  const std::string claimed =
      " NATURAL JOIN (SELECT * FROM unnest($1::text[], $2::text[]) AS wanted (what, value)) AS w";
  for (const pqxx::row& row :
       work.exec_params("SELECT what, value, kind, id FROM claims" + claimed, whats.str(), values.str())) {
    world.claims[{row["what"].as<std::string>(), row["value"].as<std::string>()}] = name_of(row);
  }
  return world;
}

// A statement for all documents, not some for each.
void Store::write(pqxx::work& work, const std::vector<Write>& writes, std::uint64_t revision) const {
  TextArray kinds, ids, tenants, fixed, bodies, sealed;
  TextArray from_tenants, from_kinds, from_ids, to_kinds, to_ids;
  TextArray claimed, values, claimer_kinds, claimer_ids;
  for (const Write& entry : writes) {
    const auto& [kind, id] = entry.name;
    kinds.add(kind);
    ids.add(id);
    tenants.add(entry.tenant.str());
    fixed.add(fixed_to_text(entry.fixed));
    bodies.add_bytes(documents::without_credentials(entry.document).SerializeAsString());
    const v1::Document secrets = documents::only_credentials(entry.document);
    if (secrets.kind_case() == v1::Document::KIND_NOT_SET) {
      sealed.add_null();
    } else {
      sealed.add_bytes(keyring_.seal(entry.name.text(), secrets.SerializeAsString()));
    }
    for (const Name& target : entry.references) {
      from_tenants.add(entry.tenant.str());
      from_kinds.add(kind);
      from_ids.add(id);
      to_kinds.add(target.kind);
      to_ids.add(target.id);
    }
    for (const Claim& claim : entry.claims) {
      claimed.add(claim.what);
      values.add(claim.value);
      claimer_kinds.add(kind);
      claimer_ids.add(id);
    }
  }
  const std::string written =
      " USING unnest($1::text[], $2::text[]) AS w (kind, id) WHERE t.kind = w.kind AND t.id = w.id";
  work.exec_params("DELETE FROM claims t" + written + " AND t.what <> $3", kinds.str(), ids.str(),
                   std::string(kSecretClaim));
  work.exec_params("DELETE FROM tombstones t" + written, kinds.str(), ids.str());
  work.exec_params("DELETE FROM document_references t" + written, kinds.str(), ids.str());
  work.exec_params(
      "INSERT INTO documents (kind, id, tenant, fixed, body, sealed, revision) SELECT w.*, $7 "
      "FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::bytea[]) AS w "
      "ON CONFLICT (kind, id) DO UPDATE SET tenant = excluded.tenant, fixed = excluded.fixed, body = excluded.body, "
      "sealed = excluded.sealed, revision = excluded.revision",
      kinds.str(), ids.str(), tenants.str(), fixed.str(), bodies.str(), sealed.str(), revision);
  work.exec_params(
      "INSERT INTO document_references (tenant, kind, id, to_kind, to_id) "
      "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])",
      from_tenants.str(), from_kinds.str(), from_ids.str(), to_kinds.str(), to_ids.str());
  // Planned as free or our own; anybody else's makes the statement fail.
  work.exec_params(
      "INSERT INTO claims (what, value, kind, id) "
      "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS c (what, value, kind, id) "
      "WHERE NOT EXISTS (SELECT FROM claims t WHERE t.what = c.what AND t.value = c.value AND t.kind = c.kind AND "
      "t.id = c.id)",
      claimed.str(), values.str(), claimer_kinds.str(), claimer_ids.str());
}

Result<std::uint64_t> Store::retire(const Name& name, bool retired) {
  std::uint64_t revision = 0;
  const auto done = database_.run_blocking([&](pqxx::work& work) {
    work.exec(kLockWriters);
    revision = next_revision(work);
    const auto changed =
        work.exec_params("UPDATE documents SET retired = $3, revision = $4 WHERE kind = $1 AND id = $2", name.kind,
                         name.id, retired, revision);
    if (changed.affected_rows() == 0) revision = 0;
  });
  if (!done) return tl::unexpected(done.error());
  if (revision == 0) return fail(kNotFound, "there is no " + name.kind + " " + name.id);
  return revision;
}

Result<std::uint64_t> Store::remove(const Name& name, const audit::Who& who) {
  std::uint64_t revision = 0;
  std::optional<Error> refused;
  const auto done = database_.run_blocking([&](pqxx::work& work) {
    work.exec(kLockWriters);
    const auto found =
        work.exec_params("SELECT fixed, retired FROM documents WHERE kind = $1 AND id = $2", name.kind, name.id);
    if (found.empty()) {
      refused = Error{kNotFound, "there is no " + name.kind + " " + name.id};
      return;
    }
    if (name.kind == "register" && !found[0][1].as<bool>()) {
      refused = Error{kInUse, name.text() + " was put back into service meanwhile"};
      return;
    }
    std::string users;
    for (const pqxx::row& row :
         work.exec_params("SELECT kind, id FROM document_references WHERE to_kind = $1 AND to_id = $2 "
                          "ORDER BY kind, id LIMIT 5",
                          name.kind, name.id)) {
      users += (users.empty() ? "" : ", ") + name_of(row).text();
    }
    if (!users.empty()) {
      refused = Error{kInUse, name.text() + " is used by " + users};
      return;
    }
    revision = next_revision(work);
    work.exec_params("INSERT INTO tombstones (kind, id, fixed, revision) VALUES ($1, $2, $3, $4)", name.kind, name.id,
                     found[0][0].as<std::string>(), revision);
    work.exec_params("DELETE FROM claims WHERE kind = $1 AND id = $2 AND what <> $3", name.kind, name.id,
                     std::string(kSecretClaim));
    work.exec_params("DELETE FROM documents WHERE kind = $1 AND id = $2", name.kind, name.id);
    postgres::append_audit(work, who, "deleted", name.text());
  });
  if (!done) return tl::unexpected(done.error());
  if (refused) return tl::unexpected(*refused);
  return revision;
}

v1::Document Store::read_document(const pqxx::row& row) const {
  v1::Document document;
  if (!document.ParseFromString(bytes_of(row["body"]))) throw std::runtime_error("a document's body does not parse");
  if (row["sealed"].is_null()) return document;
  const auto plain = keyring_.open(name_of(row).text(), bytes_of(row["sealed"]));
  if (!plain) throw std::runtime_error(explained(plain.error()));
  v1::Document secrets;
  if (!secrets.ParseFromString(*plain)) throw std::runtime_error("a document's credentials do not parse");
  document.MergeFrom(secrets);
  return document;
}

Result<v1::Document> Store::get(const Name& name, const TenantId& only_tenant) {
  std::optional<v1::Document> document;
  const auto done = database_.run_blocking([&](pqxx::work& work) {
    const auto rows = work.exec_params(
        "SELECT kind, id, body, sealed FROM documents WHERE kind = $1 AND id = $2 AND $3 IN ('', tenant)", name.kind,
        name.id, only_tenant.str());
    if (!rows.empty()) document = read_document(rows[0]);
  });
  if (!done) return tl::unexpected(done.error());
  if (!document) return fail(kNotFound, "there is no " + name.kind + " " + name.id);
  return *document;
}

Result<std::vector<v1::Document>> Store::list(const std::string& kind, const TenantId& only_tenant) {
  std::vector<v1::Document> documents;
  const auto done = database_.run_blocking([&](pqxx::work& work) {
    documents.clear();
    for (const pqxx::row& row :
         work.exec_params("SELECT body FROM documents WHERE kind = $1 AND $2 IN ('', tenant) ORDER BY id", kind,
                          only_tenant.str())) {
      v1::Document& document = documents.emplace_back();
      document.ParseFromString(bytes_of(row["body"]));
      documents::drop_credentials(document);  // a newer registry's, that this one does not know
    }
  });
  if (!done) return tl::unexpected(done.error());
  return documents;
}

Result<Changes> Store::changes_since(std::uint64_t revision) {
  Changes changes;
  const auto done = database_.run_blocking([&](pqxx::work& work) {
    changes = {};
    work.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");  // the three answers are of one moment
    changes.revision = work.exec1("SELECT revision FROM state")[0].as<std::uint64_t>();
    for (const pqxx::row& row : work.exec_params(
             "SELECT kind, id, body, sealed, retired FROM documents WHERE revision > $1 ORDER BY "
             "array_position(ARRAY['tenant', 'pool', 'register', 'installation', 'cashbox', 'token'], kind), id",
             revision)) {
      v1::Document& document = changes.documents.emplace_back(read_document(row));
      if (row["retired"].as<bool>()) document.mutable_register_()->set_retired(true);
    }
    if (revision == 0) return;
    for (const pqxx::row& row : work.exec_params("SELECT kind, id FROM tombstones WHERE revision > $1", revision)) {
      changes.deleted.push_back(name_of(row).text());
    }
  });
  if (!done) return tl::unexpected(done.error());
  return changes;
}

Result<std::optional<rpc::Token>> Store::find_token(const std::string& hash) {
  std::optional<rpc::Token> token;
  const auto done = database_.run_blocking([&](pqxx::work& work) {
    for (const pqxx::row& row : work.exec_params(
             "SELECT body FROM claims NATURAL JOIN documents WHERE what = $1 AND value = $2", kTokenClaim, hash)) {
      v1::Document document;
      document.ParseFromString(bytes_of(row["body"]));
      token = rpc::read_token(document.token());
    }
  });
  if (!done) return tl::unexpected(done.error());
  return token;
}

Result<audit::Part> Store::audit_after(std::int64_t number, int limit) {
  audit::Part part;
  const auto done =
      database_.run_blocking([&](pqxx::work& work) { part = postgres::audit_after(work, number, limit); });
  if (!done) return tl::unexpected(done.error());
  return part;
}

Result<std::uint64_t> Store::revision() {
  std::uint64_t revision = 0;
  const auto done = database_.run_blocking(
      [&](pqxx::work& work) { revision = work.exec1("SELECT revision FROM state")[0].as<std::uint64_t>(); });
  if (!done) return tl::unexpected(done.error());
  return revision;
}

Result<std::vector<std::string>> Store::recent_watchers() {
  std::vector<std::string> names;
  const auto done = database_.run_blocking([&](pqxx::work& work) {
    names.clear();
    for (const pqxx::row& row :
         work.exec("SELECT DISTINCT name FROM watchers WHERE seen > now() - interval '1 minute' ORDER BY name")) {
      names.push_back(row[0].as<std::string>());
    }
  });
  if (!done) return tl::unexpected(done.error());
  return names;
}

Result<std::monostate> Store::tell_watchers(const std::string& replica, const std::vector<WatcherState>& watchers) {
  return database_.run_blocking([&](pqxx::work& work) {
    work.exec_params("DELETE FROM watchers WHERE replica = $1 OR seen < now() - interval '1 minute'", replica);
    for (const WatcherState& watcher : watchers) {
      work.exec_params("INSERT INTO watchers (replica, name, in_force) VALUES ($1, $2, $3)", replica, watcher.name,
                       watcher.in_force);
    }
  });
}

Result<std::vector<std::string>> Store::behind_elsewhere(const std::string& replica, std::uint64_t revision) {
  std::vector<std::string> names;
  const auto done = database_.run_blocking([&](pqxx::work& work) {
    for (const pqxx::row& row :
         work.exec_params("SELECT name FROM watchers WHERE replica <> $1 AND in_force < $2 AND seen > now() - "
                          "interval '5 seconds' ORDER BY name",
                          replica, revision)) {
      names.push_back(row[0].as<std::string>());
    }
  });
  if (!done) return tl::unexpected(done.error());
  return names;
}

}  // namespace kassaflow::registry
