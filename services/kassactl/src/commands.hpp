#pragma once
// The commands, each from its options to text and exit code. Errors end as Failure.

#include <cstdint>
#include <istream>
#include <ostream>
#include <string>
#include <vector>

#include "connections.hpp"
#include "kassaflow/base/id.hpp"
#include "output.hpp"

namespace kassaflow::kassactl {

struct Session {
  const Environment& environment;
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  Format format = Format::table;
  bool interactive = false;  // somebody can answer a question
  std::string reason = {};   // why, for the audit log
};

struct ListOptions {
  TenantId tenant;
  PoolId pool;
  std::string state;
  std::string since;
};

// What a person decides about one receipt; audited.
struct Verdict {
  ReceiptId receipt;
  std::uint32_t attempt = 0;  // 0 = the only one without an answer
  bool printed = false;
  bool not_printed = false;
  std::string fn;
  std::uint64_t fd = 0;
  std::string fp;
  std::string at;  // when it was printed, as typed
  std::string reason;
  bool yes = false;  // asks nothing
};

// What a person says of a storage, or of one document of it; audited.
struct StorageWord {
  std::string fn;
  RegisterId register_id;
  std::uint64_t fd = 0;
};

int apply_files(const Session& session, const std::vector<std::string>& files);
int get_documents(const Session& session, const std::string& kind, const std::string& id);
int delete_document(const Session& session, const std::string& kind, const std::string& id);

int list_receipts(const Session& session, const ListOptions& options);
int show_receipt(const Session& session, const ReceiptId& receipt);
int check_backup(const Session& session, const std::string& postgres_file);
int erase_receipt(const Session& session, const Verdict& verdict);
int trace_receipt(const Session& session, const ReceiptId& receipt);
int resolve_receipt(const Session& session, const Verdict& verdict);
int fail_receipt(const Session& session, const Verdict& verdict);
int hold_receipt(const Session& session, const Verdict& verdict);
int retry_receipt(const Session& session, const Verdict& verdict);

int list_registers(const Session& session);
// The newest of each service.
int list_set_aside(const Session& session, std::uint32_t limit_of_each);

// `subject`: "register/acme-kkt-1", empty: all.
int list_audit(const Session& session, const std::string& subject);
// `noted`: ends of logs that were told before ("registry:12:…") and must still be in them. Exit code 1 when a log is
// not whole.
int verify_audit(const Session& session, const std::vector<std::string>& noted);

// A token to be made, as typed.
struct NewToken {
  std::string id;
  std::string scope;
  TenantId tenant;
  std::string valid = "90d";
};
int create_token(const Session& session, const NewToken& wanted);
// Keeps the token that standard input holds, once the registry has known it.
int login(const Session& session);
int bind_storage(const Session& session, const StorageWord& word);
int unbook_document(const Session& session, const StorageWord& word);

// Who asks, for the audit log: "user@host".
[[nodiscard]] std::string actor(const Environment& environment);

void show(const Session& session, const boost::json::value& value, const std::string& text);

}  // namespace kassaflow::kassactl
