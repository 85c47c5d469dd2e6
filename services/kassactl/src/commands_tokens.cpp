// tokens …, login: who may come in. A token is made here; the registry is told its hash alone.

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "commands.hpp"
#include "kassaflow/documents/words.hpp"
#include "kassaflow/rpc/token.hpp"
#include "kassaflow/text/visible.hpp"
#include "kassaflow/v1/registry.grpc.pb.h"
#include "receipt_view.hpp"
#include "registry.hpp"

namespace kassaflow::kassactl {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

// "30d" from now, as documents write it.
std::string expiry(const std::string& valid) {
  using namespace std::chrono;
  const auto now_ms = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  const auto past_ms = since_ms(valid, now_ms);  // as far back as it is to reach ahead
  const bool is_span = !valid.empty() && valid.find_first_not_of("0123456789smhd") == std::string::npos;
  if (!is_span || !past_ms) throw Failure("--valid is a span, such as 12h or 90d");
  return rpc::to_text(std::chrono::sys_seconds(std::chrono::seconds((2 * now_ms - *past_ms) / 1000)));
}

json::object to_object(const v1::Token& token) {
  json::object object{{"id", token.id()}, {"scope", documents::word_of(token.scope())}};
  if (!token.tenant().empty()) object["tenant"] = token.tenant();
  object["expires"] = token.expires();
  return object;
}

std::string described(const v1::Token& token) {
  return visible(token.id()) + ", " + std::string(documents::word_of(token.scope())) +
         (token.tenant().empty() ? "" : " of " + visible(token.tenant())) + ", valid until " + visible(token.expires());
}

// Nobody but its owner reads it.
void keep(const std::string& path, const Secret& token) {
  std::error_code failed;
  fs::create_directories(fs::path(path).parent_path(), failed);
  const std::string unfinished = path + ".new";
  std::ofstream file(unfinished, std::ios::trunc);
  fs::permissions(unfinished, fs::perms::owner_read | fs::perms::owner_write, failed);
  file << token.reveal() << "\n";
  file.close();
  if (file) fs::rename(unfinished, path, failed);
  if (!file || failed) throw Failure("the token cannot be written to " + path);
}

}  // namespace

int create_token(const Session& session, const NewToken& wanted) {
  const auto scope = documents::value_of<v1::Scope>(wanted.scope);
  if (!scope) throw Failure("--scope is " + documents::words_of<v1::Scope>());
  const std::string made = rpc::make_token().reveal();
  v1::Document document;
  v1::Token& token = *document.mutable_token();
  token.set_id(wanted.id);
  token.set_scope(*scope);
  token.set_tenant(wanted.tenant.str());
  token.set_hash(rpc::hash_of(made));
  token.set_expires(expiry(wanted.valid));
  v1::ApplyRequest request;
  request.set_actor(actor(session.environment));
  request.set_reason(session.reason);
  *request.add_documents() = document;
  const Registry registry(session.environment);
  v1::ApplyResponse response;
  grpc::ClientContext context;
  limit(context, kApplyLimit);
  registry.check(registry.stub->Apply(&context, request, &response));
  for (const v1::ApplyError& error : response.errors())
    throw Failure("token/" + wanted.id + ": " + error.key() + ": " + error.message());
  json::object object = to_object(token);
  object["token"] = made;
  show(session, object, "token/" + described(token) + ": " + made + " (shown only now)\n");
  return report_lagging(session, response.lagging());
}

int login(const Session& session) {
  const std::string path = token_file(session.environment);
  if (path.empty()) throw Failure("neither XDG_CONFIG_HOME nor HOME says where the token could be kept");
  const Secret said = read_token(session.in, "standard input");
  for (const v1::Document& document : Registry(session.environment, said).list("token")) {
    if (document.token().hash() == rpc::hash_of(said.reveal())) {
      keep(path, said);
      show(session, to_object(document.token()), "logged in as " + described(document.token()) + "\n");
      return 0;
    }
  }
  throw Failure("the registry does not show this token; an operator makes another one");
}

}  // namespace kassaflow::kassactl
