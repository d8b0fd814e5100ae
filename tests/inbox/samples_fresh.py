"""Twenty more mails, written after the rules had been tuned on the sixty, in words that the rules were not written for."""

from __future__ import annotations

from dsar.domain.vocabulary import RequestType as Right

# Subject, text, what a careful reader proposes.
FRESH: list[tuple[str, str, set[Right]]] = [
    ("Demande RGPD", "Bonjour, pourriez-vous me faire parvenir tout ce qui figure à mon nom dans vos systèmes ?", {Right.ACCESS}),
    ("", "Bonjour, d'où tenez-vous mon numéro de téléphone, et à qui l'avez-vous donné ?", {Right.ACCESS}),
    ("Mon CV", "Je n'ai pas été retenu. Je ne veux pas que mon CV reste chez vous, merci de le détruire.", {Right.ERASURE}),
    ("Résiliation", "Fermez mon compte Moodle et faites disparaître mes traces.", {Right.ERASURE}),
    (
        "SMS",
        "Encore un SMS pour vos portes ouvertes ! Ça suffit, rayez-moi de vos fichiers de prospection.",
        {Right.MARKETING_OBJECTION},
    ),
    (
        "Erreur de prénom",
        "Il y a une coquille sur mon diplôme : Lea au lieu de Léa. Que faire pour la modifier ?",
        {Right.RECTIFICATION},
    ),
    ("Photo", "Je ne suis plus d'accord pour que ma photo soit sur Instagram.", {Right.WITHDRAWAL}),
    ("Algorithme", "Je m'oppose au profilage de mes résultats, vu ma situation de santé.", {Right.OBJECTION}),
    ("Export", "Puis-je avoir un export CSV de mes notes pour les importer ailleurs ?", {Right.PORTABILITY}),
    ("Litige", "En attendant le jugement, merci de ne plus utiliser mes données mais de les garder.", {Right.RESTRICTION}),
    ("Information request", "I'd like to know which of my details are on your systems and where you got them.", {Right.ACCESS}),
    ("SAR", "This is a SAR. You have one month.", {Right.ACCESS}),
    ("Old profile", "Please get rid of the profile I made when I applied, and any documents I uploaded.", {Right.ERASURE}),
    ("Enough", "How many times do I have to ask? No more marketing texts, please.", {Right.MARKETING_OBJECTION}),
    ("Typo", "There's a typo in my name on the certificate, it's spelt Jonson. Can it be changed?", {Right.RECTIFICATION}),
    ("Cookies", "I take back the permission I gave for analytics.", {Right.WITHDRAWAL}),
    ("Profiling", "I do not want my test results to be used to rank me, because of my disability; I object.", {Right.OBJECTION}),
    ("Export", "Can I download my grades as JSON to give them to another provider?", {Right.PORTABILITY}),
    ("Dispute", "Until we have sorted this out, do not use my file for anything.", {Right.RESTRICTION}),
    ("Lunch", "Is the canteen open on Friday? My data plan ran out so I can't check the site.", set()),
]
