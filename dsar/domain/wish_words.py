"""The words by which people use a right, French and English: small letters without accents, and `.{0,n}` stays in one sentence.

`NAMES` are the names and articles of the rights: they also stand in offers, papers and agendas. `WISHES` say what somebody wants.
"""

from __future__ import annotations

from collections.abc import Mapping

from dsar.domain.vocabulary import RequestType


def article(number: int, loi: int) -> str:
    """An article of the GDPR, alone or in a list ("articles 15 et 20"), or of the French law of 1978."""
    return (
        rf"\b(?:articles?|arts?\.?) ?(?:\d{{1,2}}[^a-z]{{0,8}}(?:et |and |a |to )?){{0,5}}{number}\b(?![./-]?\d)"
        rf"|\b(?:article|art\.?) ?{loi}\b.{{0,30}}\b(?:loi|78-17)\b"
    )


MINE = (
    r"(mon|ma|mes|me|moi|son|sa|ses|le|la|les|nos|notre|leur|tout|toutes?|tous|l.ensemble|l.integralite|de mes|compte|profil"
    r"|dossier|donnees|informations|photos?|coordonnees|cv)"
)
HELD = r"(donnees|informations?|infos?|dossiers?|fichiers?|fiche|donnees personnelles)"
THINGS = r"(data|information|infos?|records?|files?|everything|details|personal data)"
FILMED = r"(cctv|footage|recordings?|images?|videos?|enregistrements?)"
# What is said of somebody, whoever says it.
ABOUT = (
    r"((me|le|la|nous) concernant|a (mon|son) (sujet|nom|propos|egard)|sur (moi|lui|elle|mon (fils|enfant)|ma fille)"
    r"|(ou|lesquelles?) j.apparais"
    r"|(about|concerning|relating to|regarding|on|showing) (me|him|her|my (son|child|daughter)))\b"
)
ADS = (
    r"(pubs?\b|publicites?|publicitaires?|prospection|demarchage|commercia\w+|newsletters?|infolettres?|lettres? d.information"
    r"|sollicit\w+|promotion\w*|offres|marketing|listes? (d.appels?|de diffusion|d.envoi)|demarch\w+|mailings?|portes ouvertes"
    r"|brochures?|prospectus|catalogues?|depliants?)"
)
ADS_EN = (
    r"(marketing|advert\w*|\bads?\b|newsletters?|(mailing|distribution) lists?|promotion\w*|spam|cold calls?|sales calls?"
    r"|offers|solicitation\w*|open days?|brochures?|prospectus\w*|leaflets?|flyers?)"
)
ADVERTISING = rf"({ADS}|{ADS_EN})"
LIST = r"\b(your|the|this|that|vos|votre|la|les|cette|des) (\w+ )?(lists?|listes?|newsletters?|mailings?|infolettres?)\b"
MEANWHILE = (
    r"\b(until|while|meanwhile|in the meantime|pending|keep (it|them|my)|en attendant|le temps (de|que|qu)|tant que|jusqu\w*"
    r"|d.ici|pendant (que|la|le)|mais (de )?(les|le|la) (garder|conserver)|conservez|gardez)"
)
SHARED = r"(communiqu|transm|partag|utilis|divulgu|publi|figur|diffus|exploit|revend|donni)\w*"
SHARE = r"(give|giving|shar(e|ing)|pass(ing)?|disclos(e|ing)|sell(ing)?|transfer(ring)?|hand(ing)?|publish(ing)?)"

NAMES: Mapping[RequestType, tuple[str, ...]] = {
    RequestType.ACCESS: (
        r"\bdroit d.acces\b|\b(subject|data) access request\b|\bright of access\b|\bdsar\b|\bsars?\b",
        article(15, 49),
    ),
    RequestType.RECTIFICATION: (r"\bdroit (de|a la) rectification\b|\bright (to|of) rectification\b", article(16, 50)),
    RequestType.ERASURE: (
        r"\bdroit a l.(oubli|effacement)\b|\bright (to be forgotten|(to|of) erasure)\b|\b(data )?(deletion|erasure) request\b",
        article(17, 51),
    ),
    RequestType.RESTRICTION: (
        r"\blimitation (du|d.un|de) ?traitement\b|\b(droit a|titre de) la limitation\b|\bright to restrict\w*",
        article(18, 53),
    ),
    RequestType.PORTABILITY: (r"\bportabilite\b|\bportability\b", article(20, 55)),
    RequestType.OBJECTION: (r"\bdroit d.opposition\b|\bright to object\b", article(21, 56)),
    RequestType.WITHDRAWAL: (r"\bretrait (de|du) (mon )?consentement\b|\b(article|art\.?) ?7 ?[.(] ?3\b",),
}

WISHES: Mapping[RequestType, tuple[str, ...]] = {
    RequestType.ACCESS: (
        # "these data" are those that the letter has asked for already.
        r"\b(copie|communication|communiquer|transmettre|obtenir|recevoir|consulter|envoyer|fournir|avoir acces|acceder)\b"
        r".{0,80}\b(?<!ces )(?<!cette )(?<!ce )" + HELD,
        r"(?<!you )(?<!vous )\b(copie|communication|liste|consulter|voir|obtenir|recevoir|lire|connaitre|savoir|see|read|have|get"
        r"|obtain|receive|copy"
        r"|know|provide|supply|disclos\w+)\b.{0,120}\b" + ABOUT,
        r"\b(quelles?|toutes? les?|les) (donnees|informations?|infos?)\b.{0,60}"
        r"\b(avez|detenez|possedez|conservez|disposez|stockez)",
        r"\b(que|quoi|quelles? .{1,20}) (savez|possedez|detenez|avez|conservez|stockez)[- ]vous\b"
        r".{0,30}\b(sur|a propos de|de) (moi|lui|elle)",
        r"\b(savoir|connaitre|dire|voir|connaissance de|parvenir)\b.{0,40}"
        r"\b(tout )?ce (que vous (savez|avez|detenez|gardez)|qui figure)\b",
        r"\b(envoyer|envoyez|montrer|montrez|donner|donnez|communiquez|transmettez|fournissez|visionner|voir|recevoir|obtenir)\b"
        r".{0,40}\b((le )?detail de ce|contenu de|tout ce que vous|(la|les|l.) ?(images?|videos?|enregistrements?))\b",
        r"\b(envoyez|donnez|transmettez|communiquez|fournissez)[- ]moi (toutes? )?(mes|les) (donnees|infos?|informations)\b",
        r"\b(veux|voudrais|souhaite|demande|exige) (toutes? )?(mes|ses) (donnees|infos?|informations)\b",
        r"\bacces\b.{0,40}\b(images?|videos?|enregistrements?|donnees|dossier|informations)\b",
        r"\bd.ou (tenez|tirez|vient|viennent|avez|proviennent)\b|\ba qui\b.{0,30}\b(donne|transmi\w+|communique\w*|vendu\w*)\b",
        r"\bcomment (avez[- ]vous|vous avez) (eu|obtenu|trouve) (mon|mes|ma)\b",
        r"\b(avez[- ]vous|vous avez|gardez[- ]vous|vous gardez) (encore|toujours) (mon|ma|mes)\b",
        r"\b(combien de temps|jusqu.a quand|pourquoi)\b.{0,30}\b(gardez|conservez|stockez)\b.{0,30}\b(mon|ma|mes|les)\b",
        r"\btout ce que vous (avez|savez|gardez|detenez) (sur|de) (moi|lui|elle)\b"
        r"|\bqu.avez-vous (garde|conserve|stocke|recueilli)\b",
        r"\b(logs?|journaux|traces|historique)\b.{0,60}\b(vous (gardez|conservez|avez)|(a|de) mon (nom|compte))\b",
        r"\bcopy of\b.{0,60}\b(" + THINGS + r"|hold|have|" + FILMED + r")\b",
        r"\b(send|give|provide|disclose|obtain|see|get|receive|access|supply|show)\b.{0,60}"
        r"\b(" + THINGS + r"|cctv|footage|recordings?)\b",
        r"\b(see|get|have|send me) my (own )?(logs?|notes?|records?|history)\b",
        r"\bwhat\b.{0,40}\b(you|u|ye)\b.{0,20}\b(hold|have|saved|stored?|know|keep|log|collect)\b"
        r".{0,30}\b(about|(on|of) (me|us|him|her|my)|when i)\b",
        r"\b(what|which)( of my)? (personal )?(data|information|info|details|records)\b"
        r".{0,30}\b(hold|have(?! on)|store|keep|on your)\b",
        r"\b(have|get|see|let me have) (sight|a copy|copies) of\b.{0,60}\b(my|me|notes?|references?|records?|it)\b",
        r"\blet me have a copy\b",
        r"\blook at my (file|record)s?\b",
        r"\b(confirm )?whether you (process|hold|have|keep|store)\b",
        r"\bdo you( guys)? (still )?(hold|have|keep|store) (my\b|(any )?(data|information|details|records)|anything (on|about))",
        r"\bwhere (did )?you (got|get|obtained?|found)\b",
        r"\bwho\b.{0,20}\b(has|have|you.{0,10}) (shared|given|gave|sold|passed|seen)\b|\bhow long\b.{0,20}\byou\b.{0,15}\bkeep",
    ),
    RequestType.RECTIFICATION: (
        r"\b(corriger|rectifier|rectification|modifier|mettre a jour|mise a jour|actualiser|correction)\b",
        r"\b(corrigez|rectifiez|modifiez|actualisez)\b",
        r"\b(est|sont|etait) (fausses?|faux|erronee?s?|incorrecte?s?|inexacte?s?|perimee?s?|obsoletes?)\b",
        r"\b(coquille|faute de frappe|faute d.orthographe|mal (orthographie|ecrit|saisi)\w*)\b",
        r"\b(nouvelle adresse|nouveau (numero|nom))\b|\bj.ai (demenage|change de (nom|prenom|adresse|numero))\b",
        r"\b(n.est|cest|c.est|sont) plus (le|la|les) (bons?|bonnes?|miens?|miennes?)\b|\b(le|la) (bon|bonne) (est|c.?est)\b",
        r"\bchangement d.adresse\b|\bchange of (name|address)\b|\b(adresse|numero|nom) a change\b|\bneeds? correcting\b",
        r"\b(new|old) (phone |postal |home |e-?mail )?(number|address|surname)\b|\bput (that |it |this )?right\b",
        r"\bchange (the|my) (e-?mail|address|name|surname|phone|number)\b"
        r"|\bchanger (mon|ma|l.|le|de) ?(e-?mail|mail|adresse|nom|numero|telephone)\b",
        r"\b(no longer|not) my (address|name|surname|number|e-?mail)\b",
        r"\berreur\b.{0,20}\b(dans|sur|de) (mon|ma|mes)\b",
        r"\b(correct|rectify|amend|update(?! (me|us|you) )|fix)\b"
        r".{0,60}\b(it|them|my|his|her|their|records?|details|name|address|data|information|this|that)\b",
        r"\b(is|are|was) (wrong|incorrect|inaccurate|out of date|outdated|misspelt|misspelled)\b",
        r"\b(typo|misspel\w+|mistake)\b.{0,20}\b(in|on|of) (my|the|his|her)\b",
    ),
    RequestType.ERASURE: (
        r"\bbe forgotten\b",
        r"\b(retirer|enlever|virer|virez|retirez|enlevez|sortez)([- ]moi)? de vos (bases?|fichiers?|systemes?)\b",
        r"\b(efface\w*|supprim\w*|suppression|destruction|detrui\w+|purge\w*)\b.{0,60}\b" + MINE,
        r"\b(tout|l.|le|la|les) ?(efface[rz]|supprime[rz]|detruire)\b|\bque tout (disparaisse|soit (efface|supprime))",
        r"\b(efface|supprime|detrui)\w*-(le|la|les|moi|tout)\b|\b(enleve|retire)z?-(le|la|les)\b",
        r"\b(retire[rz]|enleve[rz]|ote[rz])\b(?!.{0,25}\b(consentement|accord|autorisation|candidature)\b).{0,30}"
        r"\b(photos?|copies?|cartes?|nom|images?|coordonnees|cv|documents?|pieces?|profil)\b",
        r"\bplus (aucune|de) raison\b.{0,30}\b(ayez|gardiez|conserviez)\b|\bne (plus|pas) (conserver|garder) (mon|ma|mes)\b",
        r"\btake\b.{0,30}\bdown\b|\b(bin|scrap|dispose of|shred)\b.{0,40}\b(my|all|everything|whatever|it|them)\b",
        r"\bremove me from your (system|database|records|files)s?\b",
        r"\b(faire|faites) (tout )?disparaitre\b|\b(ferme[rz]|cloture[rz]?|clore)\b.{0,20}\bcompte\b",
        r"\bne (veux|souhaite) (pas|plus)\b.{0,40}\b(restent?|gardiez|conserviez|soi(t|ent) (conserve|garde)\w*)\b",
        r"\b(delete|erase|destroy|wipe|purge|get rid of)\b.{0,60}"
        r"\b(my|me|all|everything|account|data|details|profile|cv|records?|information)\b",
        r"\b(delete|erase|destroy|wipe|get rid of|shred) (it|them|that|those|mine|the lot|all|everything)\b",
        r"\bvous pouvez tout jeter\b|\b(tout|les?) jeter\b|\b(do not|don.t|not to) (keep|retain|store) (any|my|it|them|all)\b",
        r"\b(all|everything|data|account|profile|it)\b.{0,30}\b(to be |be )(deleted|erased|destroyed)\b",
        r"\bremove (all |any )?(of )?(my|his|her|our)\b.{0,25}"
        r"\b(profile|account|data|posts|details|records?|photos?|pictures?|name)\b",
        r"\bclose (down )?my account\b|\b(stop|no longer) (hold|keep|stor)(ing|e)?\b.{0,30}\b(my|data|details)\b",
    ),
    RequestType.RESTRICTION: (
        r"\blimiter (le|l.) ?(traitement|utilisation|usage)\b",
        r"\b(gelez|geler|gel|bloquez|bloquer|suspendez|suspendre|cessez|cesser)\b.{0,40}\b(utilisation|usage|traitement|donnees)\b",
        r"\b(ne|n.) ?(plus|pas)? ?(utilise[rz]|exploite[rz]|traite[rz])\b.{0,40}\b(mes|mon|ces|son|ses)\b",
        r"\b(mettez|mettre)\b.{0,40}\b(en attente|en suspens|de cote)\b|\bn.y touche[rz] (plus|pas)\b",
        r"\b(conserve[rz]?|garde[rz]?)\b.{0,40}\bsans (l.|les |le |la )?(utiliser|exploiter|toucher|traiter)",
        r"\b(put|place)\b.{0,30}\b(a|on) hold\b|\bleave\b.{0,30}\buntouched\b",
        r"\brestrict(ion)?\b.{0,30}\b(process\w*|use)\b|\b(stop|cease) (all |any )?(further )?(use|processing) of (my|his|her)\b",
        r"\b(freeze|suspend|block)\b.{0,40}\b(use|processing|data|records?)\b|\b(but|and) freeze (it|them)\b",
        r"\b(do not|don.t|stop) (use|using|process|processing)\b.{0,20}\b(my|this|these|that|his|her|it|them)\b",
    ),
    RequestType.PORTABILITY: (
        r"\bformat (lisible par|structure|reutilisable|exploitable|ouvert|electronique|machine|csv|json)\b",
        r"\b(machine[- ]readable|structured|reusable|commonly used)(,? \w+)? (format|form)\b",
        r"\b(export\w*|fichiers?|files?|download|telecharger|format|donnees|data)\b.{0,60}\b(csv|json|xml|excel|xlsx?)\b"
        r"(?!.{0,40}\b(empty|error|broken|vide|erreur)\b)",
        r"\b(data|notes|marks|grades|donnees|coursework)\b.{0,30}\b(spreadsheet|tableur)\b",
        r"\btransfer\b.{0,50}\b(directly|to another|to the new)\b",
    ),
    RequestType.OBJECTION: (
        r"\b(m.oppos(e|er)|nous nous opposons|(il|elle|client|cliente) s.oppose)\b",
        r"\bmon opposition\b|\bje refuse que\b|\bm.y oppose\b",
        r"\bne (veux|souhaite|desire|voulons) (pas|plus) que\b.{0,40}\b" + SHARED,
        r"\b(ne|n.) ?(plus|pas)? ?(communique[rz]|transmett\w+|partage[rz]|divulgue[rz]|vend\w+) (plus |pas )?(mes|mon|ma)\b",
        r"\b(i|we|he|she|they|client)( am| are| hereby| strongly| also)* (object(s|ing)?|oppos(es?|ing))\b|\bmy objection\b",
        r"\b(do not|don.t|stop|not want you to|never) " + SHARE + r" (on )?(my|our|his|her|any of my)\b",
        r"\bopt(ing)?[- ]?out of (the )?(sale|selling|sharing)\b|\bdo not (sell or share|share or sell)\b",
        r"\b(rather|prefer|wish|want) (to )?not (to )?be (part|included|profiled|ranked|scored|listed)\b",
    ),
    RequestType.MARKETING_OBJECTION: (
        r"\b(desinscri\w+|desabonn\w+|unsubscri\w+|opt(ing)?[- ]?out(?! of (the )?(sale|selling|sharing)))\b",
        r"\b(retrait|suppression|radiation)\b.{0,60}\b(listes? de diffusion|prospection|marketing|newsletters?)\b",
        r"\b(stop|arretez|arreter|cessez|cesser|plus recevoir|plus de|ne veux plus|ne souhaite plus|m.oppos\w+"
        r"|retire[rz]?|raye[rz]|radie[rz]|enleve[rz]|opposition)\b.{0,80}" + ADS,
        r"\b(arretez|cessez|stop|arreter|cesser)\b.{0,40}\b(m.|me |nous )(envoyer|appeler|ecrire|importuner|harceler|relancer)\b",
        r"\b(stop|do not want|don.t want|no longer want|no more|object(ing)?|off|remove (me|my|us)|cease"
        r"|cessation of|not to use)\b.{0,100}" + ADS_EN,
        r"\bplus (aucun|un seul|d.|de) ?(appels?|e-?mails?|mails?|messages?|sms|courriers?|textos?)\b",
        r"\b(arretez|cessez|cesser|arreter) (ces|vos|les) (appels|e?-?mails|envois|courriers|sms)\b",
        r"\bne (me|nous) rappelez (plus|pas)\b",
        r"\b(plus|pas) (etre )?(demarche|sollicite|relance|contacte)e?s?\b",
        r"\b(no more|stop (the|these|your)) (calls|e-?mails|texts|messages|letters)\b|\bmake it stop\b",
        r"\b(do not|don.t|never) (contact|e-?mail|call|text|phone|write to) (me|us)\b",
        r"\bne (m.|nous )(ecrivez|appelez|contactez|envoyez|relancez) (plus|pas)\b",
        r"\bstop (calling|e-?mailing|contacting|te?xting|spamming|phoning|ringing|messaging) (me|us)\b",
        r"\bstop (posting|sending|mailing) (it|them|these|those|this)\b",
        r"\bstop sending (me|us) (e-?mails|texts|messages|letters)\b",
        r"\b(take|remove|get|keep) (me|us) off\b",
        r"\b(retire[rz]|enleve[rz]|supprime[rz]|remove|take|delete)\b([- ](me|moi|us|nous))?.{0,25}" + LIST,
    ),
    RequestType.WITHDRAWAL: (
        r"\b(retire|retirer|revoque|revoquer|annule|reprends|reviens sur|revenir sur)\b"
        r".{0,30}\b(consentement|accord|autorisation)\b",
        r"\bne consens plus\b|\bplus d.accord\b|\bn.autorise plus\b",
        r"\b(withdraw(s|ing)?|revok(es?|ing)|tak(es?|ing)( \w+)? back|retract(s|ing)?)\b"
        r".{0,30}\b(consent|permission|agreement)\b",
        r"\b(consent|permission)\b.{0,60}\b(withdraws?|revokes?|takes? (it|that) back)\b",
        r"\b(tak(e|ing) (that|my|the) (permission|consent|agreement) back)\b",
        r"\bno longer (consent|agree)\b|\bconsent is withdrawn\b|\b(do not|don.t) (agree|consent)\b.{0,15}\bany ?more\b",
    ),
}
