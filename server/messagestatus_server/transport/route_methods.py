"""RouteService: where carriers' callbacks come in."""

from messagestatus.v1 import route_service_pb2 as pb
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.providers.callback import Provider, Setting
from messagestatus_server.providers.registry import NAMES, provider
from messagestatus_server.service.routes import Decided, Routes, SecretPath
from messagestatus_server.transport.method import Answer, Method
from messagestatus_server.transport.parsing import enumerated, parsed
from messagestatus_server.transport.route_values import route_proto, route_spec

SERVICE = "messagestatus.v1.RouteService"


def methods(routes: Routes) -> list[Method]:
    """Return the methods of the service."""
    answers = _RouteAnswers(routes)
    named: dict[str, Answer] = {
        "CreateRoute": answers.create,
        "UpdateRoute": answers.update,
        "ListRoutes": answers.every,
        "DeleteRoute": answers.delete,
        "ListProviders": _list_providers,
    }
    return [Method(SERVICE, name, Scope.ADMIN, answer) for name, answer in named.items()]


class _RouteAnswers:
    def __init__(self, routes: Routes) -> None:
        self._routes = routes

    async def create(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.CreateRouteRequest, body)
        shown = await self._routes.create(
            caller, request.tenant, request.route, request.provider, _decided(request)
        )
        return pb.CreateRouteResponse(route=route_proto(shown), path=shown.path).SerializeToString()

    async def update(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.UpdateRouteRequest, body)
        shown = await self._routes.update(caller, request.tenant, request.route, _decided(request))
        return pb.UpdateRouteResponse(route=route_proto(shown), path=shown.path).SerializeToString()

    async def every(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.ListRoutesRequest, body)
        every = await self._routes.every(caller, request.tenant)
        return pb.ListRoutesResponse(routes=map(route_proto, every)).SerializeToString()

    async def delete(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.DeleteRouteRequest, body)
        await self._routes.delete(caller, request.tenant, request.route)
        return pb.DeleteRouteResponse().SerializeToString()


async def _list_providers(_caller: Caller, body: bytes) -> bytes:
    parsed(pb.ListProvidersRequest, body)
    described = [_provider(provider(name)) for name in NAMES]
    return pb.ListProvidersResponse(providers=described).SerializeToString()


def _decided(request: pb.CreateRouteRequest | pb.UpdateRouteRequest) -> Decided:
    path = enumerated("secret_path", SecretPath, request.secret_path)
    return Decided(route_spec(request.spec), dict(request.secrets), path)


def _provider(known: Provider) -> pb.ProviderDescription:
    return pb.ProviderDescription(provider=known.name, settings=map(_setting, known.settings))


def _setting(setting: Setting) -> pb.SettingDescription:
    return pb.SettingDescription(
        name=setting.name,
        description=setting.description,
        secret=setting.secret,
        required=setting.required,
        default_value=setting.default,
        choices=setting.choices,
    )
