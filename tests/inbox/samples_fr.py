"""Twenty-two mails in French, as people write them."""

from __future__ import annotations

from dataclasses import dataclass

from dsar.domain.vocabulary import RequestType as Right


@dataclass(frozen=True)
class Asked:
    """What one person wrote, and the rights that a careful reader finds in it."""

    name: str
    subject: str
    text: str
    rights: tuple[Right, ...]
    html: str = ""
    charset: str = "utf-8"


ASKED = [
    Asked(
        "Camille Exemple",
        "Demande de droit d'accès",
        "Bonjour,\n\nConformément à l'article 15 du RGPD, je souhaite obtenir une copie de l'ensemble des données "
        "personnelles "
        "que vous détenez à mon sujet.\n\nCordialement,\nCamille Exemple\n",
        (Right.ACCESS,),
    ),
    Asked(
        "Sacha Modèle",
        "mon compte",
        "Bonjour\nje ne suis plus étudiant chez vous. Veuillez supprimer mon compte et toutes les informations me "
        "concernant.\n"
        "Merci\nSacha\n\n-- \nCe message est confidentiel. Si vous n'êtes pas le destinataire, merci de nous en "
        "informer.\n",
        (Right.ERASURE,),
    ),
    Asked(
        "",
        "STOP",
        "Arrêtez de m'envoyer vos pubs, je reçois un mail de votre part tous les deux jours alors que je n'ai rien demandé !!",
        (Right.MARKETING_OBJECTION,),
    ),
    Asked(
        "Alix Figurant",
        "Adresse erronée",
        "Bonjour,\nL'adresse qui figure dans mon dossier est fausse : je n'habite plus rue des Essais. Merci de la "
        "corriger, "
        "la bonne est 4 place du Test, 33000 Bordeaux.\nBien à vous",
        (Right.RECTIFICATION,),
        charset="iso-8859-1",
    ),
    Asked(
        "Noa Specimen",
        "Mes données",
        "Madame, Monsieur,\n\nQuelles informations avez-vous sur moi ? Une fois que vous me les aurez transmises, "
        "merci de tout "
        "effacer.\n\nSincères salutations\n\nLe 2 mars 2026 à 10:00, CESI <news@cesi.example> a écrit :\n"
        "> Pour ne plus recevoir nos offres, désinscrivez-vous.\n",
        (Right.ACCESS, Right.ERASURE),
    ),
    Asked(
        "Maxime Sosie",
        "Changement d'école",
        "Bonjour, je change d'école à la rentrée et voudrais récupérer mes notes et mes données dans un format "
        "lisible par "
        "machine pour les transmettre à mon nouvel établissement. Merci d'avance",
        (Right.PORTABILITY,),
    ),
    Asked(
        "Lou Échantillon",
        "photo sur le site",
        "Bonjour, je retire mon consentement à l'utilisation de ma photo sur votre site et vos réseaux sociaux. Lou",
        (Right.WITHDRAWAL,),
    ),
    Asked(
        "Charlie Gabarit",
        "contestation",
        "Je conteste l'exactitude des absences notées au premier semestre. Le temps que vous vérifiiez, je demande "
        "la limitation "
        "du traitement de ces données (article 18 du RGPD).",
        (Right.RESTRICTION,),
    ),
    Asked(
        "Dany Prototype",
        "Opposition",
        "Bonjour,\npour des raisons tenant à ma situation particulière (je suis suivie par un ancien compagnon), "
        "je m'oppose à ce "
        "que mon nom et mon parcours figurent dans l'annuaire des anciens.\nCordialement",
        (Right.OBJECTION,),
    ),
    Asked(
        "",
        "question",
        "slt g 16 ans et je voudrai savoir tout ce que vous savez sur moi svp, jai le droit il parait",
        (Right.ACCESS,),
    ),
    Asked(
        "Claude Exemple",
        "Dossier de ma fille",
        "Bonjour,\n\nJe suis la mère de Camille, 15 ans. Je souhaite consulter son dossier et recevoir toutes les "
        "données que vous "
        "avez la concernant.\n\nBien cordialement\nClaude Exemple",
        (Right.ACCESS,),
        charset="windows-1252",
    ),
    Asked(
        "Andrea Patron",
        "newsletter",
        "Bonjour,\nMerci de me désinscrire de votre newsletter et de retirer mon numéro de vos listes d'appel.\nA. Patron",
        (Right.MARKETING_OBJECTION,),
    ),
    Asked(
        "Morgan Calque",
        "Droit à l'oubli",
        "J'avais treize ans quand j'ai créé ce profil. J'exerce mon droit à l'oubli : que tout disparaisse, y "
        "compris les "
        "sauvegardes.",
        (Right.ERASURE,),
    ),
    Asked(
        "Cabinet Maquette",
        "Notre client M. Modèle - mandat",
        "Madame, Monsieur,\n\nNous intervenons en qualité de conseil de M. Sacha Modèle, dont vous trouverez le "
        "mandat. Nous vous "
        "demandons communication de l'intégralité des données à caractère personnel le concernant, ainsi que des "
        "destinataires et "
        "des durées de conservation.\n\nVotre bien dévoué\n\nSi ce message vous est parvenu par erreur, merci de "
        "le supprimer.",
        (Right.ACCESS,),
    ),
    Asked(
        "Sam Duplicata",
        "Nom d'usage",
        "Bonjour, je me suis marié et mon nom de famille est désormais Copie. Pouvez-vous mettre à jour mon "
        "dossier et mon "
        "certificat ?",
        (Right.RECTIFICATION,),
    ),
    Asked(
        "Robin Épreuve",
        "Effacement",
        "",
        (Right.ERASURE,),
        html="<html><head><style>p{color:red}</style></head><body><p>Bonjour,</p><p>Je vous prie d'<b>effacer</b> "
        "mes&nbsp;donn&eacute;es "
        "de votre base de candidats&nbsp;: ma candidature n'a pas abouti.</p><script>alert(1)</script></body></html>",
    ),
    Asked(
        "Jo Variante",
        "enquête",
        "Bonjour, j'avais dit oui pour l'enquête sur le devenir des diplômés mais je reviens sur mon accord, je ne "
        "veux plus y "
        "participer. Merci",
        (Right.WITHDRAWAL,),
    ),
    Asked(
        "Alex Brouillon",
        "données personnelles",
        "Bonjour, je vous contacte au sujet de mes données personnelles. Pouvez-vous me rappeler au 06 00 00 00 00 ?",
        (),
    ),
    Asked(
        "Dominique Esquisse",
        "Prospection",
        "Je m'oppose à l'utilisation de mes coordonnées à des fins de prospection commerciale et à leur "
        "transmission à vos "
        "partenaires.",
        (Right.MARKETING_OBJECTION,),
    ),
    Asked(
        "Kim Ébauche",
        "vidéosurveillance",
        "Bonjour, j'ai eu un accrochage sur le parking du campus le 3 mars vers 18 h. Je souhaiterais avoir accès "
        "aux images de la "
        "caméra sur lesquelles j'apparais.",
        (Right.ACCESS,),
    ),
    Asked(
        "Eden Croquis",
        "procédure en cours",
        "Surtout n'effacez pas mes bulletins, j'en ai besoin devant le tribunal. Conservez-les mais gelez leur "
        "utilisation d'ici "
        "là s'il vous plaît.",
        (Right.RESTRICTION,),
    ),
    Asked(
        "Parent Curieux",
        "rentrée",
        "Bonjour, à quelle date a lieu la rentrée et comment accéder au parking ? Merci de votre réponse.",
        (),
    ),
]
