"""Invented people: names of many countries, addresses under reserved domains, phone numbers from
the ranges that telephone authorities keep for films and books."""

import random
import unicodedata
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Country:
    """What people of one country are made from; `#` in a phone number is any digit."""

    language: str
    time_zone: str
    cities: tuple[str, ...]
    streets: tuple[str, ...]
    phones: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]

    @property
    def code(self) -> str:
        """ISO 3166-1 alpha-2."""
        return CODES[self.time_zone]


CODES = {
    "Africa/Lagos": "NG", "Africa/Nairobi": "KE", "America/Mexico_City": "MX",
    "America/New_York": "US", "America/Sao_Paulo": "BR", "America/Toronto": "CA",
    "Asia/Kolkata": "IN", "Asia/Seoul": "KR", "Asia/Tokyo": "JP", "Australia/Sydney": "AU",
    "Europe/Amsterdam": "NL", "Europe/Athens": "GR", "Europe/Berlin": "DE",
    "Europe/Budapest": "HU", "Europe/Dublin": "IE", "Europe/Helsinki": "FI",
    "Europe/Istanbul": "TR", "Europe/Kyiv": "UA", "Europe/Lisbon": "PT", "Europe/London": "GB",
    "Europe/Madrid": "ES", "Europe/Paris": "FR", "Europe/Prague": "CZ", "Europe/Rome": "IT",
    "Europe/Stockholm": "SE", "Europe/Warsaw": "PL",
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody who never lived."""

    first_name: str
    last_name: str
    country: Country
    city: str
    email_address: str
    phone_number: str | None
    company: str | None
    job_title: str | None
    postal_address: str
    birthday: date

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


def _country(
    language: str, time_zone: str, cities: str, streets: str, phones: str, given: str, family: str
) -> Country:
    parts = (tuple(text.split(", ")) for text in (cities, streets, phones, given, family))
    return Country(language, time_zone, *(tuple(filter(None, part)) for part in parts))


COUNTRIES = (
    _country(
        "en", "Europe/London", "Whitby, Frome, Ludlow, Hebden Bridge, Oban, Tenby",
        "Kiln Lane, Cooper's Row, Saltmarsh Road, Lantern Hill, Orchard Steps",
        "+44 20 7946 0###, +44 161 496 0###, +44 131 496 0###, +44 29 2018 0###",
        "Imogen, Rufus, Tamsin, Gareth, Isla, Morag, Hamish, Bryony, Edmund, Nerys",
        "Thackwell, Ormsby, Penhallow, Drury-Lane, Cattermole, Ainscough, Pettibone, Llewarch",
    ),
    _country(
        "en", "America/New_York", "Hudson, Camden, Brattleboro, Asheville, Duluth, Taos",
        "Maple Street, Ferry Road, Second Avenue, Quarry Road, Prospect Place",
        "+1 212 555 01##, +1 207 555 01##, +1 505 555 01##, +1 218 555 01##",
        "Delia, Wyatt, Marlene, Otis, Priscilla, Leland, Juniper, Clement, Rosalind, Amos",
        "Vandermolen, Tuttlebee, Haskett, Okpara, Bellweather, Lindqvist, Castellane, Whitlow",
    ),
    _country(
        "en", "America/Toronto", "Gimli, Wolfville, Nelson, Stratford, Tofino",
        "Harbour Street, Spruce Avenue, Old Mill Road, Lakeview Drive",
        "+1 416 555 01##, +1 604 555 01##, +1 902 555 01##",
        "Noelle, Graham, Odile, Desmond, Maren, Tavish, Sylvie, Bram",
        "Fairweather, Desrochelles, MacAskill, Petrunik, Oyelaran, Thibodane, Sandhurst",
    ),
    _country(
        "en", "Australia/Sydney", "Bellingen, Daylesford, Fremantle, Bruny, Braidwood",
        "Wattle Street, Ferry Parade, Old Tannery Road, Banksia Close",
        "+61 2 5550 1###, +61 3 5550 1###, +61 2 7010 1###",
        "Matilda, Lachlan, Bronte, Angus, Tilly, Callum, Merindah, Heath",
        "Quillinan, Barrowby, Featherstone, Wren-Dale, Nakos, Tolmie, Rasheed",
    ),
    _country(
        "de", "Europe/Berlin", "Weimar, Görlitz, Husum, Bamberg, Tübingen, Lüneburg",
        "Glasergasse, Am Mühlbach, Lindenweg, Hafenstraße, Kirchplatz",
        "+49 30 23125 ###, +49 40 66969 ###, +49 221 4710 ###, +49 89 99998 ###",
        "Lena, Jörg, Friederike, Anselm, Wiebke, Ruprecht, Änne, Thilo, Marlis, Eike",
        "Lorenzen, Hüttenrauch, Sauerbier, Bäumler, Tiedemöller, Vogelsang, Kranichfeld, Ohlsen",
    ),
    _country(
        "fr", "Europe/Paris", "Uzès, Dinan, Colmar, Honfleur, Albi, Vézelay",
        "rue des Verriers, quai du Vieux Port, impasse des Tilleuls, rue Haute",
        "+33 1 99 00 ## ##, +33 2 61 91 ## ##, +33 3 53 01 ## ##, +33 4 65 71 ## ##",
        "Océane, Baptiste, Solène, Gaspard, Maëlle, Aurélien, Clémence, Étienne, Noémie, Yannick",
        "Charpentreau, Lavaudière, Montbrun, Delaroque, Fontclair, Beauvillon, Guérandel",
    ),
    _country(
        "sv", "Europe/Stockholm", "Visby, Sigtuna, Mora, Ystad, Marstrand",
        "Glasbruksgatan, Norra Hamngatan, Björkstigen, Smedjegatan",
        "+46 8 465 004 ##, +46 31 390 06 ##, +46 40 628 04 ##",
        "Elin, Torbjörn, Saga, Rasmus, Ylva, Måns, Linnéa, Sixten",
        "Björkenstam, Sjöwall, Åkerhielm, Granlind, Östervik, Hagfors, Lövenmark",
    ),
    _country(
        "hu", "Europe/Budapest", "Szentendre, Tihany, Pécs, Kőszeg", "Üveg utca, Malom köz, Fő tér",
        "+36 55 ### ###", "Réka, Bence, Zsófi, Ákos, Virág, Levente",
        "Harangozó, Szélkakas, Tóthfalusi, Berényi, Üveges",
    ),
    _country(
        "en", "Europe/Dublin", "Kinsale, Westport, Dingle, Birr",
        "Quay Street, Abbey Lane, Mill Road",
        "", "Aoife, Cormac, Sinéad, Fiachra, Orla, Declan",
        "Mac Giolla, O'Tannoy, Breathnagh, Fennelly-Roe, Kilbracken",
    ),
    _country(
        "it", "Europe/Rome", "Orvieto, Cividale, Noto, Lucca",
        "via dei Vetrai, vicolo Stretto, via Ponte",
        "", "Ginevra, Tommaso, Fiorella, Ruggero, Ornella, Sandro, Bianca, Corrado",
        "Vetrallini, Castelbosco, Montefiori, Passalacqua, Serravento, Bellombra",
    ),
    _country(
        "es", "Europe/Madrid", "Ronda, Cudillero, Morella, Cuenca",
        "calle del Vidrio, plaza Mayor, calle Nueva", "",
        "Inés, Álvaro, Rocío, Gonzalo, Macarena, Iker, Nuria, Lorenzo",
        "Valdehierro, Santolaria, Quintanar, Rivasalta, Montenegrín, Ibarzábal",
    ),
    _country(
        "pt", "Europe/Lisbon", "Óbidos, Tavira, Guimarães, Évora", "rua do Forno, travessa da Luz",
        "", "Leonor, Duarte, Filipa, Gonçalo, Marisa, Tomé",
        "Alvarenga, Vidreiro, Sarmento-Reis, Portocarrero, Queirós-Lima",
    ),
    _country(
        "pl", "Europe/Warsaw", "Toruń, Sandomierz, Sopot, Zakopane", "ulica Szklana, ulica Lipowa",
        "", "Zofia, Kacper, Jagoda, Bolesław, Halina, Łukasz, Mirka, Tadeusz",
        "Szklarzyk, Wiśniewicz, Modrzejak, Żurawik, Brzozówka",
    ),
    _country(
        "cs", "Europe/Prague", "Telč, Loket, Mikulov, Nový Bor", "Sklářská, Na Příkopě, Zahradní",
        "",
        "Bohumír, Vojtěch, Lubor, Radim, Zdeněk, Květoň",
        "Sklenička, Havránek, Javůrek, Říhošek",
    ),
    _country(
        "nl", "Europe/Amsterdam", "Deventer, Zierikzee, Haarlem, Thorn",
        "Glasmakersgracht, Molenpad",
        "", "Fenna, Joost, Marijke, Wouter, Saskia, Tjeerd",
        "Van der Glaaswijk, Terpstra-Bos, Zonneveldt, De Ruytenburg",
    ),
    _country(
        "fi", "Europe/Helsinki", "Porvoo, Rauma, Naantali, Kuopio", "Lasitehtaankatu, Rantatie", "",
        "Aino, Väinö, Helmi, Onni, Päivi, Eero", "Lasinen, Kuusivaara, Järvenranta, Mäkitupa",
    ),
    _country(
        "el", "Europe/Athens", "Nafplio, Chania, Ioannina", "Odos Ermou 3, Odos Limaniou", "",
        "Eleni, Myrto, Ioanna, Danae, Kalliope", "Yalousi, Theotoka, Marmarinou, Kandilaki",
    ),
    _country(
        "tr", "Europe/Istanbul", "Ayvalık, Safranbolu, Kaş", "Camcı Sokak, Liman Caddesi", "",
        "Elif, Baran, Nilüfer, Cem, Defne, Tolga", "Camgöz, Işıklıer, Denizaltay, Gümüşay",
    ),
    _country(
        "uk", "Europe/Kyiv", "Lutsk, Kamianets, Poltava", "vulytsia Sklianna, vulytsia Sadova", "",
        "Oksana, Taras, Solomiia, Bohdan, Yaryna", "Sklyarenko, Vyshnevets, Kalyna, Dzvinchuk",
    ),
    _country(
        "en", "Africa/Lagos", "Abeokuta, Calabar, Jos", "Marina Close, Old Market Road", "",
        "Adaeze, Babatunde, Ngozi, Tunde, Ifeoma, Chidi", "Okonjobi, Adewunmi, Ezenwata, Balogunde",
    ),
    _country(
        "en", "Africa/Nairobi", "Lamu, Nanyuki, Kisumu", "Jacaranda Avenue, Station Road", "",
        "Wanjiru, Otieno, Achieng, Kamau, Nyambura",
        "Mutiganda, Wekesani, Odhiamba, Kiplangat-Rono",
    ),
    _country(
        "hi", "Asia/Kolkata", "Udaipur, Kochi, Shillong, Puducherry",
        "Lake Road, Temple Street, Mall Road",
        "", "Anjali, Rohan, Meenal, Harish, Devika, Farhan, Lakshmi, Kabir",
        "Vaidyanath, Deshmane, Chatterveda, Kurianthara, Malhotrika",
    ),
    _country(
        "ja", "Asia/Tokyo", "Otaru, Kanazawa, Takayama, Nagahama", "Sakaimachi, Higashiyama", "",
        "Haruka, Kenta, Michiko, Sōta, Yuina, Daigo", "Garasuda, Hoshizora, Minamikawa, Todorokawa",
    ),
    _country(
        "ko", "Asia/Seoul", "Gangneung, Jeonju, Tongyeong", "Yuri-ro, Haneul-gil", "",
        "Seoyeon, Jihoon, Haneul, Minseo", "Namgung, Seonu, Dokgo, Hwangbo",
    ),
    _country(
        "pt", "America/Sao_Paulo", "Paraty, Tiradentes, Olinda", "rua das Flores, ladeira do Sol",
        "",
        "Jacira, Caetê, Luíza, Thiago, Moema, Davi", "Vidraça, Monteverde, Saldanhês, Araripina",
    ),
    _country(
        "es", "America/Mexico_City", "Taxco, San Cristóbal, Tlaquepaque",
        "callejón del Vidrio, calle Real",
        "", "Ximena, Emiliano, Citlali, Rodrigo, Paloma",
        "Luzbel, Ventanilla, Arcoíris, Sotomontes",
    ),
)  # fmt: skip

COMPANIES = (
    "Brambleforth Interiors", "Tesselmoor Architects", "Hallowick Tea Rooms", "Sable & Thrift",
    "Quillhaven Hotel", "Marrowfield Chapel Trust", "Lumenholt Studio", "Foxlatch Renovations",
    "Pilchard & Daughter", "Ashcombe Veterinary", "The Tilted Kettle", "Northlight Conservators",
    "Vantage Row Dental", "Eelmoor Brewery", "Cloister House Books", "Saltpan Yoga",
    "Withy Bridge School", "Oakapple Homes", "Juniper Ferry Inn", "Copperleaf Landscapes",
)  # fmt: skip
JOBS = (
    "Owner", "Architect", "Interior designer", "Office manager", "Site foreman", "Head gardener",
    "Buyer", "Conservator", "Innkeeper", "Head teacher", "Partner", "Churchwarden",
)  # fmt: skip
DOMAINS = ("example.com", "example.org", "example.net")

_WEIGHTS = [len(each.given) * len(each.family) for each in COUNTRIES]
"""Where there are more names, more people come from."""
_SPELLED = str.maketrans({
    "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l", "ı": "i", "ø": "o", "æ": "ae",
})  # fmt: skip


def ascii_of(text: str) -> str:
    """The text in small plain letters, as people write their names in addresses."""
    spelled = unicodedata.normalize("NFKD", text.lower().translate(_SPELLED))
    return "".join(letter for letter in spelled if letter.isascii() and letter.isalnum())


def invent(dice: random.Random, number: int) -> Person:
    """Another person; `number` keeps the addresses of two of the same name apart."""
    country = dice.choices(COUNTRIES, _WEIGHTS)[0]
    first, last = dice.choice(country.given), dice.choice(country.family)
    city = dice.choice(country.cities)
    works = dice.random() < 0.3
    return Person(
        first_name=first,
        last_name=last,
        country=country,
        city=city,
        email_address=_address(dice, first, last, number),
        phone_number=_phone(dice, country),
        company=dice.choice(COMPANIES) if works else None,
        job_title=dice.choice(JOBS) if works else None,
        postal_address=f"{dice.choice(country.streets)} {dice.randint(1, 88)}, {city}",
        birthday=date(dice.randint(1948, 2004), dice.randint(1, 12), dice.randint(1, 28)),
    )


def _address(dice: random.Random, first: str, last: str, number: int) -> str:
    given, family = ascii_of(first), ascii_of(last)
    local = dice.choice((f"{given}.{family}", f"{given}{family}", f"{family}.{given}"))
    return f"{local}{number}@{dice.choice(DOMAINS)}"


def _phone(dice: random.Random, country: Country) -> str | None:
    if not country.phones:
        return None
    pattern = dice.choice(country.phones)
    return "".join(str(dice.randint(0, 9)) if sign == "#" else sign for sign in pattern)
