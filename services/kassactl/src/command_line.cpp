#include "command_line.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <functional>

#include "commands.hpp"
#include "kassaflow/documents/words.hpp"
#include "kassaflow/text/visible.hpp"
#include "kassaflow/v1/options.pb.h"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::kassactl {
namespace {

// Everything the commands take; one command runs per process.
struct Arguments {
  std::string reason;
  std::vector<std::string> files;
  std::string kind;
  std::string id;
  ListOptions list;
  Verdict verdict;
  NewToken token;
  StorageWord storage;
  std::uint32_t limit = 100;
};

using Command = std::function<int(const Session&)>;

// Of what is audited and says no reason otherwise.
void add_reason(CLI::App& command, Arguments& given) {
  command.add_option("--reason", given.reason, "why; it stands in the audit log");
}

template <class Tag>
CLI::Option* add_id(CLI::App& command, const char* name, Id<Tag>& id) {
  return command.add_option_function<std::string>(name, [&id](const std::string& text) { id = Id<Tag>(text); });
}

void add_document_commands(CLI::App& app, Arguments& given, Command& chosen) {
  CLI::App* apply_command = app.add_subcommand("apply", "Apply YAML documents; each file is one transaction");
  apply_command->add_option("-f,--file", given.files, "files, - is standard input")->required();
  add_reason(*apply_command, given);
  apply_command->callback([&] { chosen = [&](const Session& session) { return apply_files(session, given.files); }; });

  CLI::App* get_command = app.add_subcommand("get", "Show documents of a kind, or one");
  get_command->add_option("kind", given.kind, "tenant, pool, register, installation, cashbox or token")->required();
  get_command->add_option("id", given.id, "all when left out");
  get_command->callback(
      [&] { chosen = [&](const Session& session) { return get_documents(session, given.kind, given.id); }; });

  CLI::App* delete_command = app.add_subcommand("delete", "Delete a document that nothing refers to");
  delete_command->add_option("kind", given.kind, "tenant, pool, register, installation, cashbox or token")->required();
  delete_command->add_option("id", given.id)->required();
  add_reason(*delete_command, given);
  delete_command->callback(
      [&] { chosen = [&](const Session& session) { return delete_document(session, given.kind, given.id); }; });
}

// What a person decides; each is audited.
void add_verdicts(CLI::App& receipts, Arguments& given, Command& chosen) {
  Verdict& verdict = given.verdict;
  const auto add = [&](const char* verb, const char* help, int (*act)(const Session&, const Verdict&)) {
    CLI::App* command = receipts.add_subcommand(verb, help);
    add_id(*command, "uuid", verdict.receipt)->required();
    command->add_flag("--yes", verdict.yes, "ask nothing");
    command->callback([&chosen, &verdict, act] {
      chosen = [&verdict, act](const Session& session) { return act(session, verdict); };
    });
    return command;
  };
  const auto add_attempt = [&](CLI::App* command) {
    return command->add_option("--attempt", verdict.attempt, "which attempt, when several have no answer");
  };

  CLI::App* resolve = add("resolve", "Say what became of an attempt without an answer, whatever its receipt is by now",
                          resolve_receipt);
  auto* printed = resolve->add_flag("--printed", verdict.printed, "it was printed, as --fn --fd --fp say");
  resolve->add_flag("--not-printed", verdict.not_printed, "it certainly was not: back to the queue")->excludes(printed);
  for (CLI::Option* attribute : {resolve->add_option("--fn", verdict.fn, "number of the fiscal storage, 16 digits"),
                                 resolve->add_option("--fd", verdict.fd, "number of the fiscal document"),
                                 resolve->add_option("--fp", verdict.fp, "fiscal sign")}) {
    attribute->needs(printed);
    printed->needs(attribute);
  }
  resolve
      ->add_option(
          "--at", verdict.at,
          "when: 2026-11-28T19:01:45 by the register's clock, or with a zone (Z, +03:00); without it the portal "
          "is told no time")
      ->needs(printed);
  add_attempt(resolve);
  add_reason(*resolve, given);

  CLI::App* fail = add("fail", "Certainly not to be printed: the portal is told ERROR", fail_receipt);
  fail->add_option("--reason", verdict.reason, "why; the merchant reads it")->required();
  auto* denied = fail->add_flag("--not-printed", verdict.not_printed,
                                "your word that the attempt without an answer made no document");
  add_attempt(fail)->needs(denied);

  CLI::App* hold = add("hold", "Print it on no register until it is retried", hold_receipt);
  hold->add_option("--reason", verdict.reason, "why")->required();

  add_reason(
      *add("erase", "Erase what a receipt that ended was about: goods, contact, what was sent and said", erase_receipt),
      given);
  add_reason(
      *add("retry", "Queue again a held receipt, or a failed one that the portal was never told of", retry_receipt),
      given);
}

void add_receipt_commands(CLI::App& app, Arguments& given, Command& chosen) {
  CLI::App* receipts = app.add_subcommand("receipts", "Look at receipts and decide about them")->require_subcommand(1);
  add_verdicts(*receipts, given, chosen);

  CLI::App* list = receipts->add_subcommand("list", "The newest receipts, at most 100");
  add_id(*list, "--tenant", given.list.tenant);
  add_id(*list, "--pool", given.list.pool);
  list->add_option("--state", given.list.state, documents::words_of<v1::ReceiptState>());
  list->add_option("--since", given.list.since, "30m, 1h, 2d, 2026-06-01 or 2026-06-01T12:00:00Z");
  list->callback([&] { chosen = [&](const Session& session) { return list_receipts(session, given.list); }; });

  CLI::App* show_command = receipts->add_subcommand("show", "One receipt with its attempts");
  add_id(*show_command, "uuid", given.verdict.receipt)->required();
  show_command->callback(
      [&] { chosen = [&](const Session& session) { return show_receipt(session, given.verdict.receipt); }; });

  CLI::App* trace = receipts->add_subcommand("trace", "Where a receipt's time went, as a trace");
  add_id(*trace, "uuid", given.verdict.receipt)->required();
  trace->callback(
      [&] { chosen = [&](const Session& session) { return trace_receipt(session, given.verdict.receipt); }; });
}

void add_storage_commands(CLI::App& app, Arguments& given, Command& chosen) {
  StorageWord& word = given.storage;
  CLI::App* storages =
      app.add_subcommand("storages", "Say whose a fiscal storage is, or a document of it")->require_subcommand(1);
  const auto add = [&](const char* verb, const char* help, int (*act)(const Session&, const StorageWord&)) {
    CLI::App* command = storages->add_subcommand(verb, help);
    command->add_option("fn", word.fn, "number of the fiscal storage, 16 digits")->required();
    add_reason(*command, given);
    command->callback(
        [&chosen, &word, act] { chosen = [&word, act](const Session& session) { return act(session, word); }; });
    return command;
  };
  CLI::App* bind = add("bind", "The storage is in this register now, wherever it was", bind_storage);
  add_id(*bind, "register", word.register_id)->required();
  CLI::App* unbook =
      add("unbook", "That document is not of the receipt that has it: its number is free for its own", unbook_document);
  unbook->add_option("fd", word.fd, "number of the fiscal document")->required();
}

void add_audit_commands(CLI::App& app, Arguments& given, Command& chosen) {
  CLI::App* audit = app.add_subcommand("audit", "What people changed and decided")->require_subcommand(1);
  CLI::App* list = audit->add_subcommand("list", "All rows, or those about one thing");
  list->add_option("--subject", given.id, "register/acme-kkt-1, receipt/UUID");
  list->callback([&] { chosen = [&](const Session& session) { return list_audit(session, given.id); }; });
  CLI::App* verify = audit->add_subcommand("verify", "Whether a row was changed, taken out or put in");
  verify->add_option("--noted", given.files, "an end that verify told before, such as registry:12:…");
  verify->callback([&] { chosen = [&](const Session& session) { return verify_audit(session, given.files); }; });
}

void add_backup_commands(CLI::App& app, Arguments& given, Command& chosen) {
  CLI::App* backup = app.add_subcommand("backup", "What backups are worth")->require_subcommand(1);
  CLI::App* check = backup->add_subcommand("check", "Whether a database restored from a backup can be gone on with");
  check->add_option("--postgres-file", given.id, "file with the libpq URI of that database; it is only read")
      ->required();
  check->callback([&] { chosen = [&](const Session& session) { return check_backup(session, given.id); }; });
}

void add_token_commands(CLI::App& app, Arguments& given, Command& chosen) {
  CLI::App* tokens = app.add_subcommand("tokens", "Who may come in")->require_subcommand(1);
  CLI::App* create =
      tokens->add_subcommand("create", "Make a token, or another one in the place of it, and show it once");
  create->add_option("id", given.token.id, "whose it is: a name in the audit log")->required();
  create->add_option("--scope", given.token.scope, documents::words_of<v1::Scope>())->required();
  add_id(*create, "--tenant", given.token.tenant)->description("of the scopes tenant-admin and tenant-viewer");
  create->add_option("--valid", given.token.valid, "12h, 90d")->capture_default_str();
  add_reason(*create, given);
  create->callback([&] { chosen = [&](const Session& session) { return create_token(session, given.token); }; });
  tokens->add_subcommand("list", "All tokens, with what their owners may do")->callback([&] {
    chosen = [](const Session& session) { return get_documents(session, "token", ""); };
  });
  CLI::App* revoke = tokens->add_subcommand("revoke", "It opens nothing any more");
  revoke->add_option("id", given.id)->required();
  add_reason(*revoke, given);
  revoke->callback(
      [&] { chosen = [&](const Session& session) { return delete_document(session, "token", given.id); }; });

  app.add_subcommand("login", "Keep the token that standard input holds, for this user")->callback([&] {
    chosen = login;
  });
}

}  // namespace

std::string actor(const Environment& environment) {
  const auto user = environment.find("USER");
  std::array<char, 65> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  const std::string name =
      user == environment.end() || user->second.empty() ? "uid-" + std::to_string(getuid()) : user->second;
  return name.substr(0, 60) + "@" + host.data();
}

void show(const Session& session, const boost::json::value& value, const std::string& text) {
  switch (session.format) {
    case Format::table:
      session.out << text;
      break;
    case Format::json:
      session.out << to_json(value);
      break;
    case Format::yaml:
      session.out << to_yaml(value);
      break;
  }
}

int run(const std::vector<std::string>& arguments, const Environment& environment, std::istream& in, std::ostream& out,
        std::ostream& err, bool interactive) {
  CLI::App app("kassactl: configure and operate kassaflow", "kassactl");
  app.require_subcommand(1);
  app.fallthrough();  // -o may stand anywhere
  Format format = Format::table;
  const std::map<std::string, Format> formats = {
      {"table", Format::table}, {"json", Format::json}, {"yaml", Format::yaml}};
  app.add_option("-o,--output", format, "table, json or yaml")
      ->transform(CLI::CheckedTransformer(formats).description(""))
      ->default_str("table");
  Arguments given;
  Command chosen;
  add_document_commands(app, given, chosen);
  add_receipt_commands(app, given, chosen);
  add_storage_commands(app, given, chosen);
  add_token_commands(app, given, chosen);
  add_audit_commands(app, given, chosen);
  add_backup_commands(app, given, chosen);
  CLI::App* registers = app.add_subcommand("registers", "Look at registers")->require_subcommand(1);
  registers->add_subcommand("list", "Health, shift and queue of every register")->callback([&] {
    chosen = list_registers;
  });
  CLI::App* set_aside =
      app.add_subcommand("set-aside", "Records from Kafka that were not taken in")->require_subcommand(1);
  CLI::App* list = set_aside->add_subcommand("list", "The newest of each service, and what to do about each");
  list->add_option("--limit", given.limit, "how many of each service")->capture_default_str();
  list->callback([&] { chosen = [&](const Session& session) { return list_set_aside(session, given.limit); }; });
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    return chosen({.environment = environment,
                   .in = in,
                   .out = out,
                   .err = err,
                   .format = format,
                   .interactive = interactive,
                   .reason = given.reason});
  } catch (const CLI::ParseError& error) {
    return app.exit(error, out, err);
  } catch (const Failure& failure) {
    err << visible(failure.what()) << "\n";
    return 1;
  }
}

}  // namespace kassaflow::kassactl
