"""What the scripts of our small pages say, in each language. The API's own errors are English: French ones are here."""

from __future__ import annotations

from typing import Any

LANGUAGES = ("en", "fr")
_WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "wait": "One moment…",
        "look": "Please look at what is marked.",
        "differ": "the two passwords differ",
        "accepted": "You are in the team now.",
        "acceptedTitle": "You are in the team of “…” now.",
        "declined": "The invitation is declined. Nothing else is to be done.",
        "faults": {"/token": "This link is not good (any more): it was used, has expired or is incomplete."},
        "problems": {
            "0": "The service does not answer: try again in a moment.",
            "401": "This address and password do not fit together. If you have an account already, log in with it.",
            "403": "This can't be done with this account: the invitation is for another address, or accounts are not"
            " made here.",
            "404": "This invitation is not good (any more): it was answered, withdrawn or has expired.",
            "429": "Too many tries: please wait a few minutes.",
            "500": "Something went wrong on our side: try again in a moment.",
            "503": "The service is busy: try again in a moment.",
        },
    },
    "fr": {
        "wait": "Un instant…",
        "look": "Merci de regarder ce qui est signalé.",
        "differ": "les deux mots de passe sont différents",
        "accepted": "Vous faites maintenant partie de l'équipe.",
        "acceptedTitle": "Vous faites maintenant partie de l'équipe de « … ».",
        "declined": "L'invitation est refusée. Vous n'avez rien d'autre à faire.",
        "faults": {
            "/token": "Ce lien n'est pas ou plus valable : il a déjà servi, il est trop ancien ou incomplet.",
            "/password": "ce mot de passe est trop court (12 caractères au moins) ou trop facile à deviner",
            "/email": "ce n'est pas une adresse e-mail, comme ada@example.org",
            "/agreement": "il faut accepter les conditions pour avoir un compte",
            "/name": "il faut un prénom, de 100 caractères au plus",
            "/surname": "100 caractères au plus",
        },
        "problems": {
            "0": "Le service ne répond pas : réessayez dans un instant.",
            "401": "Cette adresse et ce mot de passe ne vont pas ensemble. Si vous avez déjà un compte,"
            " connectez-vous avec lui.",
            "403": "Ce n'est pas possible avec ce compte : l'invitation est pour une autre adresse, ou ce service"
            " ne crée pas de comptes.",
            "404": "Cette invitation n'est pas ou plus valable : elle a reçu une réponse, a été retirée ou est trop"
            " ancienne.",
            "409": "Ce n'est plus possible : cette adresse est déjà prise, ou quelque chose a changé entre-temps.",
            "429": "Trop d'essais : attendez quelques minutes.",
            "500": "Quelque chose n'a pas marché de notre côté : réessayez dans un instant.",
            "503": "Le service est occupé : réessayez dans un instant.",
        },
    },
}


def words_in(lang: str) -> dict[str, Any]:
    """The words of a language."""
    return _WORDS[lang]
