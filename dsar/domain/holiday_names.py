"""Public holidays in French and English, by the name that the calendar library gives; what is missing keeps that name."""

from __future__ import annotations

from collections.abc import Mapping

Names = Mapping[str, Mapping[str, str]]

FRENCH: Names = {
    "Jour de l'an": {"en": "New Year's Day"},
    "Lundi de Pâques": {"en": "Easter Monday"},
    "Fête du Travail": {"en": "Labour Day"},
    "Fête de la Victoire": {"fr": "Victoire de 1945", "en": "Victory Day 1945"},
    "Ascension": {"en": "Ascension Day"},
    "Lundi de Pentecôte": {"en": "Whit Monday"},
    "Fête nationale": {"en": "National Day"},
    "Assomption": {"en": "Assumption Day"},
    "Toussaint": {"en": "All Saints' Day"},
    "Armistice": {"fr": "Armistice de 1918", "en": "Armistice Day 1918"},
    "Noël": {"en": "Christmas Day"},
}

GERMAN: Names = {
    "Neujahr": {"fr": "Jour de l'an", "en": "New Year's Day"},
    "Karfreitag": {"fr": "Vendredi saint", "en": "Good Friday"},
    "Ostermontag": {"fr": "Lundi de Pâques", "en": "Easter Monday"},
    "Erster Mai": {"fr": "1er mai", "en": "1 May"},
    "Christi Himmelfahrt": {"fr": "Ascension", "en": "Ascension Day"},
    "Pfingstmontag": {"fr": "Lundi de Pentecôte", "en": "Whit Monday"},
    "Tag der Deutschen Einheit": {"fr": "Jour de l'unité allemande", "en": "German Unity Day"},
    "Reformationstag": {"fr": "Jour de la Réformation", "en": "Reformation Day"},
    "Erster Weihnachtstag": {"fr": "Noël", "en": "Christmas Day"},
    "Zweiter Weihnachtstag": {"fr": "Lendemain de Noël", "en": "Day after Christmas"},
}

BRITISH: Names = {
    "New Year's Day": {"fr": "Jour de l'an"},
    "Good Friday": {"fr": "Vendredi saint"},
    "Easter Monday": {"fr": "Lundi de Pâques"},
    "May Day": {"fr": "Fête de mai"},
    "Spring Bank Holiday": {"fr": "Jour férié de printemps"},
    "Late Summer Bank Holiday": {"fr": "Jour férié d'été"},
    "Christmas Day": {"fr": "Noël"},
    "Boxing Day": {"fr": "Lendemain de Noël"},
    "Platinum Jubilee of Elizabeth II": {"fr": "Jubilé de platine d'Élisabeth II"},
    "State Funeral of Queen Elizabeth II": {"fr": "Funérailles d'État de la reine Élisabeth II"},
    "Coronation of Charles III": {"fr": "Couronnement de Charles III"},
}

AMERICAN: Names = {
    "New Year's Day": {"fr": "Jour de l'an"},
    "Martin Luther King Jr. Day": {"fr": "Jour de Martin Luther King"},
    "Washington's Birthday": {"fr": "Anniversaire de Washington"},
    "Memorial Day": {"fr": "Jour du souvenir"},
    "Juneteenth National Independence Day": {"fr": "Juneteenth"},
    "Independence Day": {"fr": "Fête de l'Indépendance"},
    "Labor Day": {"fr": "Fête du travail"},
    "Columbus Day": {"fr": "Jour de Christophe Colomb"},
    "Veterans Day": {"fr": "Jour des anciens combattants"},
    "Thanksgiving Day": {"fr": "Action de grâce"},
    "Christmas Day": {"fr": "Noël"},
}
