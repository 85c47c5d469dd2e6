#include "kassaflow/rpc/channel.hpp"

#include "tls.hpp"

namespace kassaflow::rpc {

std::shared_ptr<grpc::Channel> open_channel(const identity::Files& identity, std::string_view service,
                                            const std::string& address, grpc::ChannelArguments arguments,
                                            const Secret& token) {
  arguments.SetSslTargetNameOverride(identity::dns_name(service));
  auto credentials = channel_credentials(identity);
  if (!token.empty())
    credentials = grpc::CompositeChannelCredentials(credentials, grpc::AccessTokenCredentials(token.reveal()));
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

}  // namespace kassaflow::rpc
