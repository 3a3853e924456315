#include "api/operation.h"
#include "api/ports.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/launch_link.h"
#include "services/cloudformation/request.h"
#include "services/cloudformation/template_url.h"

/// Our own: a link to a page that creates a stack of a template in the caller's name (app/launch_pages.h).
namespace cairn::cloudformation {
namespace {

void create_launch_link(api::Call& call) {
  Link link{.principal = call.principal, .region = call.region, .template_body = {}, .template_url = {}, .expires = call.now + kLinkLife};
  const std::optional<std::string> text = template_of(call, call.in);
  if (!text) throw Error(kValidationError, "Either TemplateBody or TemplateURL must be specified.");
  (void)parsed(*text);
  if (call.in.contains("TemplateURL")) link.template_url = canonical_url(call, call.in["TemplateURL"].get<std::string>());
  else link.template_body = *text;
  const std::optional<std::string> token = make_link(*call.state, *call.ports->sealer, *call.ports->random, link, call.now);
  if (!token)
    throw Error(kLimitExceeded, "The account has {} launch links already. They end by themselves within {} minutes.", kLinksMax,
                kLinkLife.count());
  call.out = {{"Token", *token}, {"Expires", timestamps::iso8601(link.expires)}};
}

constexpr api::Operation kOperations[] = {
    {.name = "CreateLaunchLink", .handle = create_launch_link, .runs = api::Runs::kPool},
};

}  // namespace
}  // namespace cairn::cloudformation

namespace cairn::services {
extern const api::Family cloudformation_launch_links;
const api::Family cloudformation_launch_links{.service = "cairn", .operations = cloudformation::kOperations};
}  // namespace cairn::services
