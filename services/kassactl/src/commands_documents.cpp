// apply, get, delete: the registry.

#include <boost/json.hpp>
#include <fstream>
#include <iterator>

#include "commands.hpp"
#include "kassaflow/documents/documents.hpp"
#include "kassaflow/text/visible.hpp"
#include "registry.hpp"
#include "yaml_documents.hpp"

namespace kassaflow::kassactl {
namespace {

namespace json = boost::json;
using documents::Key;
using documents::Shape;

std::string read_all(std::istream& in) {
  std::string text;
  std::array<char, 65536> chunk{};
  while (text.size() <= kFileLimit && (in.read(chunk.data(), chunk.size()) || in.gcount() > 0)) {
    text.append(chunk.data(), static_cast<std::size_t>(in.gcount()));
  }
  return text;
}

ParsedFile parse(const Session& session, const std::string& name) {
  if (name == "-") return parse_documents("-", read_all(session.in));
  std::ifstream file(name, std::ios::binary);
  const std::string text = read_all(file);
  // A directory can be opened, and fails when it is read.
  if (!file.is_open() || file.bad()) return {.documents = {}, .problems = {name + ": cannot be read as a file"}};
  return parse_documents(name, text);
}

v1::ApplyResponse send(const Session& session, const Registry& registry, const std::vector<Declared>& documents) {
  v1::ApplyRequest request;
  request.set_actor(actor(session.environment));
  request.set_reason(session.reason);
  for (const Declared& declared : documents) *request.add_documents() = declared.document;
  v1::ApplyResponse response;
  grpc::ClientContext context;
  limit(context, kApplyLimit);
  registry.check(registry.stub->Apply(&context, request, &response));
  return response;
}

std::string result_text(const v1::ApplyResult& result) {
  std::string text = result.kind() + "/" + result.id() + " " + result.action();
  if (!result.generated_secret().empty()) text += ", secret " + result.generated_secret() + " (shown only now)";
  return visible(text) + "\n";
}

json::object to_object(const v1::ApplyResult& result) {
  json::object object{{"kind", result.kind()}, {"id", result.id()}, {"action", result.action()}};
  if (!result.generated_secret().empty()) object["secret"] = result.generated_secret();
  return object;
}

std::string check_kind(const std::string& word) {
  const std::string kind = documents::normalise_kind(word);
  if (kind.empty())
    throw Failure("there is no kind " + word + ": tenant, pool, register, installation, cashbox or token");
  return kind;
}

void put(json::object& object, std::string_view path, json::value value) {
  const auto dot = path.find('.');
  if (dot == std::string_view::npos) {
    object[path] = std::move(value);
    return;
  }
  json::value& part = object[path.substr(0, dot)];
  if (!part.is_object()) part.emplace_object();
  put(part.get_object(), path.substr(dot + 1), std::move(value));
}

// As it is written in YAML. Credentials are left out, of `requires` the names remain.
json::object to_object(const v1::Document& document, const std::string& callback_url) {
  const auto kind = documents::kind_of(document);
  json::object object{{"kind", kind}};
  for (const Key& key : documents::keys_of(kind)) {
    switch (key.shape) {
      case Shape::flag:
        put(object, key.path, documents::get_flag(document, key));
        break;
      case Shape::text_by_number: {
        json::object entries;
        for (const auto& [name, value] : documents::get_entries(document, key)) entries[name] = value;
        put(object, key.path, std::move(entries));
        break;
      }
      case Shape::text_by_name: {
        json::array names;
        for (const auto& [name, value] : documents::get_entries(document, key)) names.emplace_back(name);
        put(object, key.path, std::move(names));
        break;
      }
      case Shape::text:
      case Shape::word:
      case Shape::choice:
        if (const std::string value = documents::get_text(document, key); !value.empty()) {
          put(object, key.path, json::value(value));
        }
        break;
    }
  }
  if (!callback_url.empty()) object["callbackUrl"] = callback_url;
  return object;
}

void add_rows(Table& table, const std::string& prefix, const json::value& value) {
  if (const auto* object = value.if_object()) {
    for (const auto& entry : *object) {
      add_rows(table, prefix.empty() ? std::string(entry.key()) : prefix + "." + std::string(entry.key()),
               entry.value());
    }
  } else {
    table.push_back({prefix, value.is_string() ? std::string(value.get_string()) : json::serialize(value)});
  }
}

std::vector<std::string_view> columns_of(std::string_view kind) {
  if (kind == "tenant") return {"id", "name"};
  if (kind == "pool") return {"id", "tenant", "inn", "taxation", "ffd", "timezone"};
  if (kind == "register") return {"id", "pool", "protocol", "endpoint", "registrationNumber"};
  if (kind == "installation") return {"id", "tenant", "markedWithoutCode"};
  if (kind == "cashbox") return {"id", "installation", "number", "pool"};
  return {"id", "scope", "tenant", "expires"};
}

Table to_table(std::string_view kind, const std::vector<json::object>& objects) {
  Table table(1);
  for (const auto column : columns_of(kind)) table.front().emplace_back(column);
  for (const json::object& object : objects) {
    auto& row = table.emplace_back();
    for (const auto column : columns_of(kind)) {
      const json::value* value = object.if_contains(column);
      row.emplace_back(value != nullptr && value->is_string() ? std::string(value->get_string()) : "-");
    }
  }
  return table;
}

}  // namespace

int apply_files(const Session& session, const std::vector<std::string>& files) {
  std::vector<ParsedFile> parsed;
  bool sound = true;
  for (const std::string& name : files) {
    parsed.push_back(parse(session, name));
    for (const std::string& problem : parsed.back().problems) session.err << visible(problem) << "\n";
    sound = sound && parsed.back().problems.empty();
  }
  if (!sound) throw Failure("nothing was applied");
  const Registry registry(session.environment);
  json::array results;
  std::string text;
  int code = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const v1::ApplyResponse response = send(session, registry, parsed[i].documents);
    for (const v1::ApplyError& error : response.errors()) {
      const Declared& declared = parsed[i].documents.at(error.document());
      session.err << visible(describe(declared, error.key(), error.message())) << "\n";
    }
    for (const v1::ApplyResult& result : response.results()) {
      results.push_back(to_object(result));
      text += result_text(result);
    }
    code = std::max(code, report_lagging(session, response.lagging()));
    if (response.errors().empty()) continue;
    session.err << "nothing of " << visible(files[i]) << " was applied\n";
    code = 1;
    break;
  }
  show(session, results, text);
  return code;
}

int get_documents(const Session& session, const std::string& kind_word, const std::string& id) {
  const std::string kind = check_kind(kind_word);
  const Registry registry(session.environment);
  if (id.empty()) {
    std::vector<json::object> objects;
    for (const v1::Document& document : registry.list(kind)) objects.push_back(to_object(document, ""));
    show(session, json::array(objects.begin(), objects.end()), to_text(to_table(kind, objects)));
    return 0;
  }
  v1::GetRequest request;
  request.set_kind(kind);
  request.set_id(id);
  v1::GetResponse response;
  grpc::ClientContext context;
  limit(context);
  registry.check(registry.stub->Get(&context, request, &response));
  const json::object object = to_object(response.document(), response.callback_url());
  Table table;
  add_rows(table, "", object);
  show(session, object, to_text(table));
  return 0;
}

int delete_document(const Session& session, const std::string& kind_word, const std::string& id) {
  const std::string kind = check_kind(kind_word);
  const Registry registry(session.environment);
  v1::DeleteRequest request;
  request.set_kind(kind);
  request.set_id(id);
  request.set_actor(actor(session.environment));
  request.set_reason(session.reason);
  v1::DeleteResponse response;
  grpc::ClientContext context;
  limit(context, kApplyLimit);
  registry.check(registry.stub->Delete(&context, request, &response));
  show(session, json::object{{"kind", kind}, {"id", id}, {"action", "deleted"}},
       visible(kind + "/" + id) + " deleted\n");
  return report_lagging(session, response.lagging());
}

}  // namespace kassaflow::kassactl
