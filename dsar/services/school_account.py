"""Recognises a data subject by the controller's own account: OpenID Connect, for people who ask and never for staff accounts.

Authorization code with PKCE, state and nonce; the identity token is verified against the issuer's published keys. The issuer
stands in controller.toml and nowhere else; nothing that a visitor sends chooses where we connect to (SECURITY T9).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import requests
import structlog
from authlib.integrations.requests_client import OAuth2Session
from django.conf import settings
from django.db import transaction
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from dsar.controller import OpenIDConnect, controller
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import IdentityMeans
from dsar.models import DataSubjectRequest
from dsar.selectors.identity import waiting_parts
from dsar.services import ask, moves, on_file, verify
from dsar.services.person import identity_of
from dsar.sources.base import Identity
from dsar.sources.query import fold

logger = structlog.get_logger(__name__)

SECONDS = 5  # a page waits for each of three calls
LEEWAY = 60  # seconds between two clocks
ALGORITHMS = ["RS256", "PS256", "ES256"]  # signed with the issuer's private key; never a shared secret, never none
HOW = "account"


class SignInFailed(DsarError):
    fr = "La connexion avec votre compte n’a pas abouti. Réessayez, ou choisissez un autre moyen."
    en = "Signing in with your account did not work. Try again, or choose another way."


@dataclass(frozen=True)
class Started:
    """A sign-in under way: where the person goes, and what must come back."""

    url: str
    state: str
    nonce: str
    verifier: str


def begin(*, redirect_uri: str) -> Started:
    """Where to send the person. Raises `SignInFailed` when the issuer does not answer."""
    policy = _policy()
    metadata = _metadata(policy)
    nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    url, state = _session(policy, redirect_uri).create_authorization_url(
        metadata["authorization_endpoint"], nonce=nonce, code_verifier=verifier
    )
    return Started(url, state, nonce, verifier)


def finish(*, started: Started, state: str, code: str, redirect_uri: str, now: datetime) -> dict[str, str]:
    """The identifiers that the issuer vouches for, by kind. Raises `SignInFailed`."""
    policy = _policy()
    if not code or not secrets.compare_digest(state, started.state):
        raise SignInFailed
    metadata = _metadata(policy)
    try:
        token = _session(policy, redirect_uri).fetch_token(
            metadata["token_endpoint"], code=code, code_verifier=started.verifier, timeout=SECONDS, allow_redirects=False
        )
        keys = KeySet.import_key_set(_get(metadata["jwks_uri"]))  # type: ignore[arg-type]
        claims = jwt.decode(token["id_token"], keys, algorithms=ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": metadata["issuer"]},
            aud={"essential": True, "value": policy.client_id},
            nonce={"essential": True, "value": started.nonce},
            sub={"essential": True},
            exp={"essential": True},
        ).validate(claims)
    except SignInFailed:
        raise
    except Exception as error:  # a library's, the network's, the issuer's: told apart in the log, by name alone
        logger.warning("sign-in refused", reason=type(error).__name__)
        raise SignInFailed from error
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != policy.client_id:
        raise SignInFailed
    return _identifiers(policy, claims)


def _identifiers(policy: OpenIDConnect, claims: Mapping[str, Any]) -> dict[str, str]:
    found = {kind: str(claims[name]).strip() for kind, name in policy.claims.items() if claims.get(name)}
    if claims.get("email_verified") is False:
        found.pop("email", None)
    if not found:
        raise SignInFailed
    return found


def prove(*, dsr_id: UUID, identifiers: Mapping[str, str], now: datetime) -> bool:
    """The person signed in as the owner of these identifiers. True when that settles it; else an officer sees it and decides.

    It settles nothing alone unless the account leads to one person on file, and that is the person whom the request names.
    """
    dsr = DataSubjectRequest.objects.get(pk=dsr_id)
    found = on_file.files_of(Identity({kind: (value,) for kind, value in identifiers.items()}))
    same = bool(found) and not on_file.several_people(found) and _names(dsr, found)
    with transaction.atomic():
        dsr = moves.locked(dsr_id)
        if dsr.identified_at or not waiting_parts(dsr):
            return bool(dsr.identified_at)
        words = ", ".join(f"{kind}: {value}" for kind, value in sorted(identifiers.items()))
        ask.proof_arrived(dsr_id=dsr.pk, how=HOW, arrived_at=now, now=now, words=words)
        alone = dsr.subject_kind in verify.RECOGNISED_ALONE and same
        if not alone or not verify.settles_by_itself(dsr, IdentityMeans.SCHOOL_ACCOUNT):
            return False
        known = {kind: list(dict.fromkeys([*dsr.identifiers.get(kind, []), value])) for kind, value in identifiers.items()}
        dsr.identifiers = {**dsr.identifiers, **known}
        dsr.save(update_fields=["identifiers"])
        verify.establish(dsr, IdentityMeans.SCHOOL_ACCOUNT, None, "", now)
    return True


def _names(dsr: DataSubjectRequest, found: tuple[on_file.FileFound, ...]) -> bool:
    """Whether the request is about the person of these files: by an identifier it gave, or by the name."""
    for kind, values in identity_of(dsr).values.items():
        held = {value.casefold() for file in found for value in file.values(kind)}
        if held & {value.casefold() for value in values}:
            return True
    given = set(fold(f"{dsr.data_subject_name} {dsr.other_names}").split())
    return any(set(file.person.split()) <= given for file in found if file.person)


def _policy() -> OpenIDConnect:
    policy = controller().identity.oidc
    if policy is None:
        raise SignInFailed
    return policy


def _session(policy: OpenIDConnect, redirect_uri: str) -> OAuth2Session:
    return OAuth2Session(
        client_id=policy.client_id,
        client_secret=settings.OIDC_CLIENT_SECRET,
        scope="openid email profile",
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
    )


def _metadata(policy: OpenIDConnect) -> dict[str, Any]:
    """What the issuer publishes about itself; it must be the issuer that we know, at addresses that are safe to use."""
    metadata = _get(f"{policy.issuer.rstrip('/')}/.well-known/openid-configuration")
    if str(metadata.get("issuer", "")).rstrip("/") != policy.issuer.rstrip("/"):
        logger.warning("sign-in refused", reason="another issuer")
        raise SignInFailed
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not is_safe(str(metadata.get(name, ""))):
            logger.warning("sign-in refused", reason=f"unsafe {name}")
            raise SignInFailed
    return metadata


def is_safe(url: str) -> bool:
    """TLS, except on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost"))


def _get(url: str) -> dict[str, Any]:
    try:
        answer = requests.get(url, timeout=SECONDS, allow_redirects=False)
        answer.raise_for_status()
        return dict(answer.json())
    except (requests.RequestException, ValueError, JoseError) as error:
        logger.warning("issuer does not answer", reason=type(error).__name__)
        raise SignInFailed from error
