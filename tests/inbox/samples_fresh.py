"""Seventy more mails in other words, to know what a mailbox would see; one hand wrote the first sixty and the rules.

Each set was written after the rules had been widened by the one before. At first sight 7 of 20 of `FRESH` were read right,
7 of 20 of `LAST`, which is hard on purpose, and 18 of 30 of `FINAL`, with one right proposed that nobody had asked for. The rules
know all of them by now: these sets keep what was gained and measure nothing any more.
"""

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

LAST: list[tuple[str, str, set[Right]]] = [
    (
        "Mes infos",
        "Bonjour, vous pouvez m'envoyer le détail de ce que votre logiciel contient sur ma scolarité ?",
        {Right.ACCESS},
    ),
    ("Vidéo", "Un vigile m'a filmé samedi. Je veux voir la vidéo.", {Right.ACCESS}),
    (
        "Compte étudiant",
        "Ma formation est finie depuis 2015, il n'y a plus de raison que vous ayez mon dossier. Effacez-le.",
        {Right.ERASURE},
    ),
    (
        "Salon",
        "J'ai laissé mon adresse sur un salon et depuis je suis harcelé d'appels. Plus aucun appel, merci.",
        {Right.MARKETING_OBJECTION},
    ),
    ("Déménagement", "J'ai déménagé, voici ma nouvelle adresse : 3 rue du Modèle à Lyon.", {Right.RECTIFICATION}),
    (
        "Droit à l'image",
        "Je ne veux plus apparaître sur votre page Facebook, j'annule l'autorisation signée en septembre.",
        {Right.WITHDRAWAL},
    ),
    ("RGPD art. 21", "Je conteste que vous transmettiez mes résultats à mon employeur et m'y oppose.", {Right.OBJECTION}),
    (
        "Notes",
        "Il me faudrait toutes mes notes dans un fichier Excel que je puisse donner à une autre école.",
        {Right.PORTABILITY},
    ),
    (
        "Réclamation",
        "Tant que ma réclamation n'est pas tranchée, mettez mon dossier en attente et n'y touchez plus.",
        {Right.RESTRICTION},
    ),
    ("Stage", "Auriez-vous une liste d'entreprises qui prennent des stagiaires ?", set()),
    ("Records", "Could you let me have sight of my student record, including staff e-mails that mention me?", {Right.ACCESS}),
    ("Data", "Please confirm whether you process data about me and, if so, let me have a copy.", {Right.ACCESS}),
    ("Leaving", "I'm leaving the alumni network. Take my profile down and bin whatever else you have.", {Right.ERASURE}),
    ("Junk", "Your e-mails keep coming although I unsubscribed twice. Make it stop.", {Right.MARKETING_OBJECTION}),
    ("Phone", "You have an old phone number for me, the new one is 020 0000 0000.", {Right.RECTIFICATION}),
    ("Consent form", "I am taking back the consent I signed for the sports photos.", {Right.WITHDRAWAL}),
    ("Article 21", "I oppose the sharing of my attendance with my sponsor.", {Right.OBJECTION}),
    ("Switching", "I'd like my coursework data in a spreadsheet so that I can move it to my new college.", {Right.PORTABILITY}),
    ("Hold", "Please put a hold on any processing of my complaint file while my solicitor reviews it.", {Right.RESTRICTION}),
    ("Parking", "My badge does not open the car park any more, whom do I ask?", set()),
]

FINAL: list[tuple[str, str, set[Right]]] = [
    ("Mes données", "Je souhaite connaître les données que vous possédez sur moi ainsi que leur origine.", {Right.ACCESS}),
    ("Dossier", "Merci de me communiquer l'intégralité de mon dossier de scolarité.", {Right.ACCESS}),
    ("Historique", "Qu'avez-vous gardé de mes années chez vous ? J'aimerais le lire.", {Right.ACCESS}),
    ("Suppression", "Je demande la suppression de toutes mes données personnelles, mon contrat étant terminé.", {Right.ERASURE}),
    ("Candidature", "Ma candidature est caduque, vous pouvez tout jeter.", {Right.ERASURE}),
    ("Pub", "Je ne souhaite plus recevoir vos informations commerciales.", {Right.MARKETING_OBJECTION}),
    ("Spam", "C'est le dixième mail cette semaine, fichez-moi la paix.", {Right.MARKETING_OBJECTION}),
    (
        "Date de naissance",
        "Ma date de naissance est erronée sur l'attestation : je suis né le 4 et non le 14.",
        {Right.RECTIFICATION},
    ),
    ("Téléphone", "Merci de noter que mon numéro a changé.", {Right.RECTIFICATION}),
    ("Portabilité", "Au titre de l'article 20 du RGPD, transmettez mes données à l'école Modèle.", {Right.PORTABILITY}),
    ("Consentement", "Je retire l'autorisation donnée pour la diffusion de mon témoignage.", {Right.WITHDRAWAL}),
    ("Opposition", "J'exerce mon droit d'opposition au traitement de mes données par le service des anciens.", {Right.OBJECTION}),
    ("Conservation", "Ne détruisez rien avant la décision du juge, et cessez toute utilisation d'ici là.", {Right.RESTRICTION}),
    (
        "Deux choses",
        "Corrigez mon nom (Exemple, avec un x) puis envoyez-moi une copie de mes données.",
        {Right.RECTIFICATION, Right.ACCESS},
    ),
    ("Access", "I am making a subject access request for all the information you hold about me.", {Right.ACCESS}),
    ("My file", "Could I come and look at my file?", {Right.ACCESS}),
    ("GDPR", "I request that you erase all personal data concerning me without undue delay.", {Right.ERASURE}),
    ("Account", "I no longer need this account, kindly delete it.", {Right.ERASURE}),
    ("Marketing", "Please stop sending me promotional e-mails.", {Right.MARKETING_OBJECTION}),
    ("Removal", "Remove my address from your distribution list.", {Right.MARKETING_OBJECTION}),
    ("Correction", "My address has changed, please update it: 4 Test Street.", {Right.RECTIFICATION}),
    ("Wrong grade", "The grade shown for maths is not mine. It needs correcting.", {Right.RECTIFICATION}),
    ("Portability", "Under Article 20 I want my data in CSV.", {Right.PORTABILITY}),
    ("Consent", "I withdraw the consent I gave for being filmed.", {Right.WITHDRAWAL}),
    ("Restriction", "Please restrict processing under Article 18 while you check.", {Right.RESTRICTION}),
    ("Objection", "I object to the processing of my data on the basis of your legitimate interests.", {Right.OBJECTION}),
    ("Both", "Send me a copy of my data, then delete the lot.", {Right.ACCESS, Right.ERASURE}),
    ("Invoice", "Could you send me the invoice of March again?", set()),
    ("Internship", "Can you update me on my internship application?", set()),
    ("Réunion", "Pouvez-vous m'envoyer le compte rendu de la réunion de lundi ?", set()),
]
