#include "command_line.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <functional>

#include "commands.hpp"

namespace kassaflow::kassactl {
namespace {

// Everything the commands take; one command runs per process.
struct Arguments {
  std::vector<std::string> files;
  std::string kind;
  std::string id;
  ListOptions list;
  ResolveOptions resolve;
  bool not_printed = false;
  std::string receipt;
};

using Command = std::function<int(const Session&)>;

void add_document_commands(CLI::App& app, Arguments& given, Command& chosen) {
  CLI::App* apply_command = app.add_subcommand("apply", "Apply YAML documents; each file is one transaction");
  apply_command->add_option("-f,--file", given.files, "files, - is standard input")->required();
  apply_command->callback([&] { chosen = [&](const Session& session) { return apply_files(session, given.files); }; });

  CLI::App* get_command = app.add_subcommand("get", "Show documents of a kind, or one");
  get_command->add_option("kind", given.kind, "tenant, pool, register, installation or cashbox")->required();
  get_command->add_option("id", given.id, "all when left out");
  get_command->callback(
      [&] { chosen = [&](const Session& session) { return get_documents(session, given.kind, given.id); }; });

  CLI::App* delete_command = app.add_subcommand("delete", "Delete a document that nothing refers to");
  delete_command->add_option("kind", given.kind, "tenant, pool, register, installation or cashbox")->required();
  delete_command->add_option("id", given.id)->required();
  delete_command->callback(
      [&] { chosen = [&](const Session& session) { return delete_document(session, given.kind, given.id); }; });
}

void add_receipt_commands(CLI::App& app, Arguments& given, Command& chosen) {
  CLI::App* receipts = app.add_subcommand("receipts", "Look at receipts and settle them")->require_subcommand(1);

  CLI::App* list = receipts->add_subcommand("list", "The newest receipts, at most 100");
  list->add_option("--tenant", given.list.tenant);
  list->add_option("--pool", given.list.pool);
  list->add_option("--state", given.list.state, "queued, printing, uncertain, held, done or failed");
  list->add_option("--since", given.list.since, "30m, 1h, 2d, 2026-06-01 or 2026-06-01T12:00:00Z");
  list->callback([&] { chosen = [&](const Session& session) { return list_receipts(session, given.list); }; });

  CLI::App* show_command = receipts->add_subcommand("show", "One receipt with its attempts");
  show_command->add_option("uuid", given.receipt)->required();
  show_command->callback(
      [&] { chosen = [&](const Session& session) { return show_receipt(session, given.receipt); }; });

  CLI::App* resolve = receipts->add_subcommand("resolve", "Say what became of an uncertain receipt; audited");
  resolve->add_option("uuid", given.resolve.receipt)->required();
  auto* printed = resolve->add_flag("--printed", given.resolve.printed, "it was printed, as --fn --fd --fp say");
  auto* not_printed = resolve->add_flag("--not-printed", given.not_printed, "it certainly was not: back to the queue");
  printed->excludes(not_printed);
  for (CLI::Option* attribute :
       {resolve->add_option("--fn", given.resolve.fn, "number of the fiscal storage, 16 digits"),
        resolve->add_option("--fd", given.resolve.fd, "number of the fiscal document"),
        resolve->add_option("--fp", given.resolve.fp, "fiscal sign")}) {
    attribute->needs(printed);
    printed->needs(attribute);
  }
  resolve->add_option("--attempt", given.resolve.attempt, "which attempt, when several are open");
  resolve->callback([&] {
    if (given.resolve.printed == given.not_printed) throw CLI::RequiredError("--printed or --not-printed");
    chosen = [&](const Session& session) { return resolve_receipt(session, given.resolve); };
  });

  CLI::App* retry = receipts->add_subcommand(
      "retry", "Queue again a held receipt, or a failed one that the portal was never told of; audited");
  retry->add_option("uuid", given.receipt)->required();
  retry->callback([&] { chosen = [&](const Session& session) { return retry_receipt(session, given.receipt); }; });
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
        std::ostream& err) {
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
  CLI::App* registers = app.add_subcommand("registers", "Look at registers")->require_subcommand(1);
  registers->add_subcommand("list", "Health, shift and queue of every register")->callback([&] {
    chosen = list_registers;
  });
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    return chosen({.environment = environment, .in = in, .out = out, .err = err, .format = format});
  } catch (const CLI::ParseError& error) {
    return app.exit(error, out, err);
  } catch (const Failure& failure) {
    err << failure.what() << "\n";
    return 1;
  }
}

}  // namespace kassaflow::kassactl
